"""Inside hooks that add the wrong things, watchers that look at a step."""

from orderflow import Committed, Effect, Hooks, NewTask, Note, Refusal, Step, notify

hooks = Hooks()


@hooks.on_enter("picking")  # E: incompatible type "Callable\[\[Step\], str\]".*\[arg-type\]
def told(step: Step) -> str:
    return "hello"


@hooks.after("pick")  # E: incompatible type "Callable\[\[Step\], Note\]".*\[arg-type\]
def one(step: Step) -> Note:
    return Note("one, not a list of it")


@hooks.before("pick")  # E: incompatible type "Callable\[\[Step\], list\[str\]\]".*\[arg-type\]
def texts(step: Step) -> list[str]:
    return ["hello"]


@hooks.on_exit("open")  # E: incompatible type "Callable\[\[Step\], Refusal \| None\]".*\[arg-type\]
def refuses(step: Step) -> Refusal | None:
    return None


@hooks.on_exit("open")  # E: incompatible type "Callable\[\[int\], list\[Note\]\]".*\[arg-type\]
def about_orders(order: int) -> list[Note]:
    return []


@hooks.committed("pick")  # E: incompatible type "Callable\[\[Step\], None\]".*\[arg-type\]
def watches_a_step(step: Step) -> None:
    print(step.order.id)


@hooks.committed("pick")  # E: incompatible type "Callable\[\[Committed\], list\[Effect\]\]".*\[arg-type\]
def adds_too_late(done: Committed) -> list[Effect]:
    return [notify("picked", to=done.order.id)]


@hooks.failed("pick")  # E: incompatible type "Callable\[\[\], None\]".*\[arg-type\]
def no_argument() -> None: ...


@hooks.timed_out("review", workflow=None)  # E: Unexpected keyword argument "workflow" for "timed_out" of "Hooks".*\[call-arg\]
def of_one_workflow(done: Committed) -> None: ...


@hooks.refused  # E: incompatible type "Callable\[\[list\[Refusal\], str\], None\]".*\[arg-type\]
def wrong_order(reasons: list[Refusal], order: str) -> None: ...


NewTask("gift", due="tomorrow")  # E: Unexpected keyword argument "due" for "NewTask".*\[call-arg\]
Effect("notify", "A-1", {"template": "x"})  # E: incompatible type "dict\[str, str\]"; expected "str".*\[arg-type\]


def looks(step: Step, done: Committed) -> None:
    step.actor = "somebody"  # E: Property "actor" defined in "Step" is read-only.*\[misc\]
    step.order.state = None  # E: Property "state" defined in "Order" is read-only.*\[misc\]  # E: Incompatible types in assignment \(expression has type "None", variable has type "OrderState"\).*\[assignment\]
    done.order.delete()  # E: "Order" has no attribute "delete".*\[attr-defined\]
    step.fo.id  # E: Item "None" of "FulfillmentOrder \| None" has no attribute "id".*\[union-attr\]
