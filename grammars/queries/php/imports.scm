(namespace_use_clause [(name) (qualified_name)] @module) @import
(include_expression (string) @module) @import
(include_once_expression (string) @module) @import
(require_expression (string) @module) @import
(require_once_expression (string) @module) @import
