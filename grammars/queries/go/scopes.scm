(comment) @comment
[(interpreted_string_literal) (raw_string_literal) (rune_literal)] @string

(source_file) @container
[(field_declaration_list) (interface_type)] @container
[(block) (statement_list) (expression_case) (type_case) (communication_case)
 (default_case) (expression_switch_statement) (type_switch_statement)
 (select_statement)] @block

[(argument_list) (parameter_list) (parenthesized_expression) (literal_value)
 (index_expression) (slice_expression) (type_arguments) (import_spec_list)
 (type_parameter_list)] @expression
