-- SPDX-License-Identifier: Apache-2.0
-- The server's settings from the plugin's configuration, by the server's names. Pure: it reads and
-- changes nothing. What the user did not set is not sent, so that `config.toml` decides it.

local languages = require('krait.languages')

local M = {}

---@class krait.ServerSettings
---@field completion table<string, any>

--- `completion.languages`: what the user named; of the rest the server knows what its model can.
---@param filetypes table<string, boolean>
---@return table<string, boolean>?
local function language_switches(filetypes)
  local switches = {} ---@type table<string, boolean>
  local names = vim.tbl_keys(filetypes)
  -- Of two filetypes that are one language the one that is on wins, whatever the order.
  table.sort(names)
  for _, name in ipairs(names) do
    local id = languages.id(name)
    switches[id] = filetypes[name] or switches[id] == true
  end
  return next(switches) and switches or nil
end

--- What the server calls `krait`: `initializationOptions.krait`, and the settings under that name.
---@param config krait.Config
---@param silent? boolean Nothing is to be done unasked.
---@return krait.ServerSettings
function M.to_server(config, silent)
  local completion = {
    languages = language_switches(config.filetypes),
    disabled_files = #config.disabled_files > 0 and config.disabled_files or nil,
    trigger = config.trigger,
    extent = config.extent,
    debounce_ms = config.debounce_ms,
    prefetch = config.prefetch,
    max_tokens = config.max_tokens,
    max_lines = config.max_lines,
    file_memory = config.file_memory,
    repository_memory = config.repository_memory,
    local_only = config.local_only,
    min_confidence = config.min_confidence,
  }
  if silent then
    completion.enabled = false
  end
  -- An empty Lua table would become a JSON array.
  return { completion = next(completion) and completion or vim.empty_dict() }
end

--- The command line of the server: `cmd`, and what is settled before a session begins.
---@param config krait.Config
---@return string[]
function M.command(config)
  local command = vim.list_extend({}, config.cmd)
  local function add(option, value)
    if value ~= nil then
      vim.list_extend(command, { option, tostring(value) })
    end
  end
  add('--model', config.model)
  add('--threads', config.threads)
  add('--state-bytes', config.state_bytes)
  return command
end

return M
