; Added to those of javascript.
(interface_body) @container
(enum_body) @expression
[(object_type) (type_arguments) (type_parameters) (tuple_type)] @expression
