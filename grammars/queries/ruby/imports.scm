((call method: (identifier) @callee
  arguments: (argument_list . (string) @module)) @import
  (#any-of? @callee "require" "require_relative" "load" "autoload"))
