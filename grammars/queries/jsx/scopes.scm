; Added to those of javascript where the grammar knows elements in code.
(jsx_expression) @code
[(jsx_opening_element) (jsx_self_closing_element) (jsx_expression)]
  @expression
