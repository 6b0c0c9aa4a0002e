(function_definition
  declarator: (function_declarator declarator: (_) @name)
  body: (_) @body) @definition.function
(function_definition
  declarator: (pointer_declarator
    declarator: (function_declarator declarator: (_) @name))
  body: (_) @body) @definition.function
(translation_unit (declaration
  declarator: (function_declarator declarator: (_) @name)) @definition.function)
(translation_unit (declaration
  declarator: (init_declarator declarator: (identifier) @name))
  @definition.variable)
(struct_specifier name: (_) @name body: (_) @body) @definition.struct
(union_specifier name: (_) @name body: (_) @body) @definition.struct
(enum_specifier name: (_) @name body: (_) @body) @definition.enum
(type_definition declarator: (type_identifier) @name) @definition.type
(preproc_def name: (_) @name) @definition.constant
(preproc_function_def name: (_) @name) @definition.function
