(using_directive [(identifier) (qualified_name)] @module) @import
