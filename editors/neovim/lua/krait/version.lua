-- SPDX-License-Identifier: Apache-2.0
---@type string
return '0.1.0'
