; Added to those of c.
(class_specifier name: (_) @name body: (_) @body) @definition.class
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(concept_definition name: (_) @name) @definition.type
(alias_declaration name: (_) @name) @definition.type
(function_definition
  declarator: (reference_declarator
    (function_declarator declarator: (_) @name))
  body: (_) @body) @definition.function
(function_definition
  declarator: (function_declarator declarator: (_) @name))
  @definition.function
(function_definition
  declarator: [(operator_cast) (qualified_identifier)] @name body: (_) @body)
  @definition.function
(field_declaration
  declarator: (function_declarator declarator: (_) @name))
  @definition.method
(declaration_list (declaration
  declarator: (function_declarator declarator: (_) @name))
  @definition.function)
