[(line_comment) (block_comment)] @comment
[(string_literal) (raw_string_literal) (char_literal)] @string

(source_file) @container
(declaration_list) @container
[(block) (match_block) (field_declaration_list)] @block

[(arguments) (parameters) (parenthesized_expression) (tuple_expression)
 (array_expression) (field_initializer_list) (enum_variant_list)
 (index_expression) (use_list) (token_tree) (type_arguments)
 (type_parameters) (closure_parameters)] @expression
