(comment) @comment
(string) @string

(chunk) @container
; An empty body is no node at all, so whatever has one counts.
[(block) (function_declaration) (function_definition) (if_statement)
 (elseif_statement) (else_statement) (while_statement) (repeat_statement)
 (do_statement) (for_statement)] @block

[(arguments) (parameters) (parenthesized_expression) (table_constructor)
 (bracket_index_expression)] @expression
