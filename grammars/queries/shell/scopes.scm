(comment) @comment
[(string) (raw_string) (ansi_c_string) (heredoc_body)] @string
[(command_substitution) (process_substitution)] @code

(program) @container
[(compound_statement) (do_group) (if_statement) (elif_clause) (else_clause)
 (case_statement) (case_item) (subshell) (command_substitution)] @block

[(array) (test_command) (arithmetic_expansion) (expansion)
 (parenthesized_expression)] @expression
