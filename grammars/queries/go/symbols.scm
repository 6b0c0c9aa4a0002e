(function_declaration name: (_) @name body: (_) @body) @definition.function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @scope))
  name: (_) @name body: (_) @body) @definition.method
(method_declaration name: (_) @name body: (_) @body) @definition.method
(type_declaration (type_spec name: (_) @name
  type: (struct_type (field_declaration_list) @body)) @definition.struct)
(type_declaration (type_spec name: (_) @name
  type: (interface_type) @body) @definition.interface)
(type_declaration (type_spec name: (_) @name) @definition.type)
(type_declaration (type_alias name: (_) @name) @definition.type)
(source_file (const_declaration (const_spec name: (_) @name)
  @definition.constant))
(source_file (var_declaration (var_spec name: (_) @name)
  @definition.variable))
