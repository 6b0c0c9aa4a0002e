(comment) @comment
[(string) (encapsed_string) (heredoc) (nowdoc)
 (shell_command_expression)] @string

(program) @container
(declaration_list) @container
(enum_declaration_list) @container
[(compound_statement) (colon_block) (switch_block) (case_statement)
 (default_statement)] @block

[(arguments) (formal_parameters) (parenthesized_expression)
 (array_creation_expression) (subscript_expression) (match_block)
 (namespace_use_group) (list_literal)] @expression
