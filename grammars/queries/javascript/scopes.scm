; The queries of typescript build on these.
[(comment) (html_comment)] @comment
[(string) (template_string) (regex)] @string
(template_substitution) @code

(program) @container
(class_body) @container
[(statement_block) (switch_body) (switch_case) (switch_default)] @block

[(arguments) (formal_parameters) (parenthesized_expression) (array) (object)
 (array_pattern) (object_pattern) (subscript_expression) (named_imports)
 (export_clause) (template_substitution)] @expression
