-- SPDX-License-Identifier: Apache-2.0
-- Measures from a key to the suggestion on the screen, with the real krait and its default model:
--   KRAIT=/path/to/krait nvim -l latency.lua
-- Prints the median and the 90th percentile for each display that this Neovim has.

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
package.path = here .. '/?.lua;' .. package.path
vim.opt.runtimepath:prepend(vim.fs.dirname(here))

local child = require('child')
local program = assert(vim.env.KRAIT, 'KRAIT does not name the program')

local source = [[
import os


def sizes(folder):
    result = {}
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        result[name] = os.path.getsize(path)
    return result


def names(folder):
    result = []
    for name in os.listdir(folder):
]]

--- In the child: takes the time from a key that is typed to the next drawing of a suggestion that
--- was not there before the key.
local watch = [[
  local state = { times = {} }
  package.loaded['latency'] = state
  local pressed
  local function shown()
    for _, name in ipairs({ 'krait', 'nvim.lsp.inline_completion' }) do
      local space = vim.api.nvim_get_namespaces()[name]
      if space and #vim.api.nvim_buf_get_extmarks(0, space, 0, -1, {}) > 0 then return true end
    end
    return false
  end
  vim.on_key(function()
    pressed = not shown() and vim.uv.hrtime() or nil
  end)
  vim.api.nvim_set_decoration_provider(vim.api.nvim_create_namespace('latency'), {
    on_start = function()
      if pressed and shown() then
        table.insert(state.times, (vim.uv.hrtime() - pressed) / 1e6)
        pressed = nil
      end
    end,
  })
]]

---@param times number[]
---@param share number
---@return number
local function percentile(times, share)
  return times[math.max(1, math.ceil(share * #times))]
end

for _, display in ipairs(vim.lsp.inline_completion and { 'own', 'builtin' } or { 'own' }) do
  local nvim = child.start({
    files = { ['sizes.py'] = source },
    setup = { cmd = { program, 'lsp' }, min_confidence = -1000, display = display },
    open = 'sizes.py',
  })
  nvim:input('Go        ')
  nvim:mode('i')
  nvim:lua(watch)
  for round = 1, 30 do
    nvim:input('<C-u>        ')
    vim.wait(400)
    -- A word of its own each time, so that nothing is known from the round before.
    nvim:input(('pa%c'):format(96 + round % 26))
    vim.wait(600)
  end
  local times = nvim:lua([[return package.loaded['latency'].times]])
  table.sort(times)
  print(
    ('%s: %d suggestions, key to screen %.0f ms (median), %.0f ms (90th percentile)\n'):format(
      display,
      #times,
      percentile(times, 0.5) or 0 / 0,
      percentile(times, 0.9) or 0 / 0
    )
  )
  vim.system({ program, 'stop' }, { env = nvim.env }):wait()
  nvim:quit()
end
child.clean()
