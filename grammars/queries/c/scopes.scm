; The cpp queries build on these.
(comment) @comment
[(string_literal) (char_literal) (system_lib_string)] @string

(translation_unit) @container
(declaration_list) @container
[(compound_statement) (field_declaration_list) (case_statement)] @block
[(preproc_if) (preproc_ifdef) (preproc_else) (preproc_elif)] @container

[(argument_list) (parameter_list) (parenthesized_expression)
 (initializer_list) (enumerator_list) (subscript_expression)] @expression
