-- SPDX-License-Identifier: Apache-2.0
-- A component of lualine.nvim: `sections = { lualine_x = { 'krait' } }`.

local component = require('lualine.component'):extend()

---@return string
function component.update_status()
  return require('krait').statusline()
end

return component
