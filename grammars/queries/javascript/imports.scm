(import_statement source: (string) @module) @import
(export_statement source: (string) @module) @import
((call_expression function: (identifier) @callee
  arguments: (arguments . (string) @module)) @import
  (#any-of? @callee "require"))
