(function_declaration name: (_) @name body: (_) @body) @definition.function
(generator_function_declaration name: (_) @name body: (_) @body)
  @definition.function
(class_declaration name: (_) @name body: (_) @body) @definition.class
(method_definition name: (_) @name body: (_) @body) @definition.method
(variable_declarator name: (identifier) @name
  value: (arrow_function body: (_) @body)) @definition.function
(variable_declarator name: (identifier) @name
  value: (function_expression body: (_) @body)) @definition.function
(program [(lexical_declaration (variable_declarator name: (identifier) @name))
  (variable_declaration (variable_declarator name: (identifier) @name))]
  @definition.variable)
(program (export_statement declaration: (lexical_declaration
  (variable_declarator name: (identifier) @name)) @definition.variable))
