(class_declaration name: (_) @name body: (_) @body) @definition.class
(record_declaration name: (_) @name) @definition.class
(struct_declaration name: (_) @name body: (_) @body) @definition.struct
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(namespace_declaration name: (_) @name body: (_) @body) @definition.module
(delegate_declaration name: (_) @name) @definition.type
(method_declaration name: (_) @name body: (_) @body) @definition.method
(method_declaration name: (_) @name) @definition.method
(constructor_declaration name: (_) @name body: (_) @body) @definition.method
(local_function_statement name: (_) @name body: (_) @body)
  @definition.function
(property_declaration name: (_) @name) @definition.variable
