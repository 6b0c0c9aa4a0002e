(comment) @comment
[(string) (heredoc_body) (regex) (subshell) (string_array) (symbol_array)]
  @string
(interpolation) @code

(program) @container
[(class) (module) (singleton_class)] @container
(class body: (_) @container)
(module body: (_) @container)
; An empty body is no node at all, so whatever has one counts.
[(method) (singleton_method) (body_statement) (do_block) (block) (block_body)
 (if) (unless) (while) (until) (for) (do) (then) (else) (elsif) (case) (when)
 (case_match) (in_clause) (begin) (rescue) (ensure)] @block

[(argument_list) (method_parameters) (block_parameters)
 (parenthesized_statements) (array) (hash) (element_reference)
 (interpolation)] @expression
