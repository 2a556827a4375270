"""Guards that do not give a reason."""

from orderflow import IN_HOUSE, Committed, Hooks, Refusal, Step, Transition

hooks = Hooks()


def yes(step: Step) -> bool:
    return True


def text(step: Step) -> str | None:
    return "no"


def of_committed(done: Committed) -> Refusal | None:
    return None


def two(step: Step, other: Step) -> Refusal | None:
    return None


hooks.guard("pick")(yes)  # E: incompatible type "Callable\[\[Step\], bool\]".*\[arg-type\]
hooks.guard("pick", workflow=IN_HOUSE)(text)  # E: incompatible type "Callable\[\[Step\], str \| None\]".*\[arg-type\]
Transition[Step]("pick", "open", "picking", guards=[yes])  # E: incompatible type "Callable\[\[Step\], bool\]".*\[list-item\]
Transition("pick", "open", "picking", guards=(text,))  # E: incompatible type "tuple\[Callable\[\[Step\], str \| None\]\]".*\[arg-type\]


@hooks.guard("pick")  # E: incompatible type "Callable\[\[Step\], bool\]".*\[arg-type\]
def no(step: Step) -> bool:
    return False


hooks.guard("pick")(of_committed)  # E: incompatible type "Callable\[\[Committed\], Refusal \| None\]".*\[arg-type\]
hooks.guard("pick")(two)  # E: incompatible type "Callable\[\[Step, Step\], Refusal \| None\]".*\[arg-type\]
hooks.guard("pick", workflow="in_house")  # E: incompatible type "str"; expected "Workflow\[Step\] \| None".*\[arg-type\]
hooks.guard(trigger="pick", flow=IN_HOUSE)  # E: Unexpected keyword argument "flow" for "guard" of "Hooks".*\[call-arg\]
hooks.gaurd("pick")  # E: "Hooks" has no attribute "gaurd"; maybe "guard"\?.*\[attr-defined\]
Refusal("code only")  # E: Missing positional argument "sentence" in call to "Refusal".*\[call-arg\]
