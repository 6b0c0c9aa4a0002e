(class_definition name: (_) @name body: (_) @body) @definition.class
(function_definition name: (_) @name body: (_) @body) @definition.function
(module (expression_statement
  (assignment left: (identifier) @name)) @definition.variable)
