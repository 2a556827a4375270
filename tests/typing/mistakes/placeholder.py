import orderflow

orderflow.no_such_name  # E: Module has no attribute "no_such_name"  \[attr-defined\]
