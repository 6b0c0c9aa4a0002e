; Where code, text and expressions are.
(comment) @comment
(string) @string
(interpolation) @code

(module) @container
(class_definition body: (block) @container)
(block) @block

[(argument_list) (parameters) (parenthesized_expression) (tuple) (list) (set)
 (dictionary) (subscript) (list_comprehension) (set_comprehension)
 (dictionary_comprehension) (generator_expression) (lambda_parameters)
 (interpolation)] @expression
