; Added to those of javascript.
(import_require_clause source: (string) @module) @import
