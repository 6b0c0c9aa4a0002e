((function_call name: (identifier) @callee
  arguments: (arguments . (string) @module)) @import
  (#any-of? @callee "require" "dofile"))
