; Added to those of c.
(raw_string_literal) @string
(class_specifier body: (_) @container)
(struct_specifier body: (_) @container)
[(template_argument_list) (template_parameter_list) (condition_clause)
 (field_initializer_list) (lambda_capture_specifier)
 (subscript_argument_list)] @expression
