((command name: (command_name) @callee . argument: (_) @module) @import
  (#any-of? @callee "source" "."))
