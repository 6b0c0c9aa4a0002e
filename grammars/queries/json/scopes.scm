(comment) @comment
(string) @string
(document) @container
[(object) (array)] @expression
