(comment) @comment
[(string_literal) (verbatim_string_literal) (raw_string_literal)
 (character_literal) (interpolated_string_expression)] @string
(interpolation) @code

(compilation_unit) @container
(declaration_list) @container
[(block) (switch_body) (switch_section) (accessor_list)] @block

[(argument_list) (bracketed_argument_list) (parameter_list)
 (parenthesized_expression) (initializer_expression) (tuple_expression)
 (type_argument_list) (attribute_list) (enum_member_declaration_list)
 (interpolation)] @expression
