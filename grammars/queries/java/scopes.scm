[(line_comment) (block_comment)] @comment
[(string_literal) (character_literal)] @string
(string_interpolation) @code

(program) @container
[(class_body) (interface_body) (enum_body_declarations)
 (annotation_type_body)] @container
[(block) (constructor_body) (switch_block) (switch_block_statement_group)]
  @block

[(argument_list) (formal_parameters) (parenthesized_expression)
 (array_initializer) (array_access) (type_arguments) (type_parameters)
 (annotation_argument_list) (resource_specification) (enum_body)]
  @expression
