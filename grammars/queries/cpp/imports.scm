; Added to those of c.
(using_declaration [(identifier) (qualified_identifier)] @module) @import
