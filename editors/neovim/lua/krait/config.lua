-- SPDX-License-Identifier: Apache-2.0
-- What `setup` takes, and what is wrong with it. Pure: problems are returned, not shown.

local M = {}

---@class krait.Keymaps
---@field accept string|false
---@field accept_word string|false
---@field accept_line string|false
---@field dismiss string|false
---@field next string|false
---@field prev string|false
---@field trigger string|false

---@class krait.Config
---@field cmd string[] The language server; its model, threads and state_bytes are added as options.
---@field model? string
---@field threads? integer
---@field state_bytes? string|integer
---@field filetypes table<string, boolean> `*` stands for all that are not named; without it the server decides.
---@field disabled_files string[] Globs.
---@field trigger? 'automatic'|'on_demand'
---@field extent? 'auto'|'line'|'block'
---@field debounce_ms? integer
---@field prefetch? boolean
---@field max_tokens? integer
---@field max_lines? integer
---@field file_memory? boolean
---@field repository_memory? boolean
---@field local_only? boolean Nothing is sent to an engine elsewhere.
---@field min_confidence? number|'model' As sure as the model's file says, or so.
---@field display 'own'|'builtin' Who draws: this plugin, or Neovim (0.12).
---@field timing boolean Whether what an answer took is shown behind it.
---@field highlight? string The highlight group of what this plugin draws.
---@field keymaps krait.Keymaps|false
---@field root_markers string[]

---@type krait.Config
M.defaults = {
  cmd = { 'krait', 'lsp' },
  filetypes = {},
  disabled_files = {},
  display = 'own',
  timing = false,
  keymaps = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-C-Right>',
    dismiss = '<C-]>',
    next = '<M-]>',
    prev = '<M-[>',
    trigger = '<M-Bslash>',
  },
  root_markers = { '.git', '.hg', '.svn', '.jj' },
}

---@alias krait.Check fun(value: any): boolean

---@param value any
---@return boolean
local function is_boolean(value)
  return type(value) == 'boolean'
end

---@param value any
---@return boolean
local function is_text(value)
  return type(value) == 'string' and value ~= ''
end

---@param value any
---@return boolean
local function is_texts(value)
  if type(value) ~= 'table' or not vim.islist(value) then
    return false
  end
  return vim.iter(value):all(is_text)
end

---@param least integer
---@param most integer
---@return krait.Check
local function is_whole(least, most)
  return function(value)
    return type(value) == 'number' and value % 1 == 0 and value >= least and value <= most
  end
end

---@param words string[]
---@return krait.Check
local function is_one_of(words)
  return function(value)
    return vim.list_contains(words, value)
  end
end

--- A bare name is looked up on the PATH. A relative path would let the folder that happens to be
--- open choose the program.
---@param value any
---@return boolean
local function is_command(value)
  if not is_texts(value) or #value == 0 then
    return false
  end
  return not value[1]:find('/') or value[1]:find('^[/~]') ~= nil
end

---@param value any
---@return boolean
local function is_switches(value)
  if type(value) ~= 'table' then
    return false
  end
  for name, on in pairs(value) do
    if not is_text(name) or type(on) ~= 'boolean' then
      return false
    end
  end
  return true
end

---@param value any
---@return boolean
local function is_size(value)
  return is_text(value) or is_whole(1, 2 ^ 53)(value)
end

---@param value any
---@return boolean
local function is_confidence(value)
  return value == 'model' or (type(value) == 'number' and value >= -1000 and value <= 0)
end

---@param value any
---@return boolean
local function is_key(value)
  return value == false or is_text(value)
end

---@class krait.Field
---@field check krait.Check
---@field expected string

---@type table<string, krait.Field>
local fields = {
  cmd = {
    check = is_command,
    expected = "a list of words whose first is a program's name or absolute path, such as { 'krait', 'lsp' }",
  },
  model = { check = is_text, expected = 'a file or the name of a model' },
  threads = { check = is_whole(0, 1024), expected = 'a whole number from 0 (one per core) to 1024' },
  state_bytes = { check = is_size, expected = "a size such as '512 MiB'" },
  filetypes = {
    check = is_switches,
    expected = "filetypes with true or false, such as { ['*'] = true, markdown = false }",
  },
  disabled_files = { check = is_texts, expected = "a list of globs, such as { '*.env' }" },
  trigger = {
    check = is_one_of({ 'automatic', 'on_demand' }),
    expected = "'automatic' or 'on_demand'",
  },
  extent = {
    check = is_one_of({ 'auto', 'line', 'block' }),
    expected = "'auto', 'line' or 'block'",
  },
  debounce_ms = { check = is_whole(0, 10000), expected = 'a whole number from 0 to 10000' },
  prefetch = { check = is_boolean, expected = 'true or false' },
  max_tokens = { check = is_whole(1, 1048576), expected = 'a whole number from 1 to 1048576' },
  max_lines = { check = is_whole(1, 1048576), expected = 'a whole number from 1 to 1048576' },
  file_memory = { check = is_boolean, expected = 'true or false' },
  repository_memory = { check = is_boolean, expected = 'true or false' },
  local_only = { check = is_boolean, expected = 'true or false' },
  min_confidence = {
    check = is_confidence,
    expected = "'model', or a number from -1000 (show all) to 0",
  },
  display = {
    check = is_one_of({ 'own', 'builtin' }),
    expected = "'own' or 'builtin'",
  },
  timing = { check = is_boolean, expected = 'true or false' },
  highlight = { check = is_text, expected = 'the name of a highlight group' },
  root_markers = { check = is_texts, expected = "a list of names, such as { '.git' }" },
}

--- What is run, and with which model, is for the user's own `setup`: `configure` may be called by
--- what belongs to a project.
---@type table<string, true>
local only_by_setup = { cmd = true, model = true, state_bytes = true, threads = true }

---@param value any
---@return string
local function shown(value)
  local text = vim.inspect(value, { newline = ' ', indent = '' })
  return #text > 60 and text:sub(1, 57) .. '...' or text
end

--- `{what} must be {expected}, not {value}`, with the field's full name.
---@param name string
---@param expected string
---@param value any
---@return string
local function problem(name, expected, value)
  return ('%s must be %s, not %s'):format(name, expected, shown(value))
end

--- In a fixed order, so that messages have one.
---@param given table
---@return any[]
local function sorted_keys(given)
  local keys = vim.tbl_keys(given)
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

---@param given any
---@param keymaps krait.Keymaps
---@param problems string[]
---@return krait.Keymaps|false
local function merge_keymaps(given, keymaps, problems)
  if given == false then
    return false
  end
  if type(given) ~= 'table' then
    problems[#problems + 1] = problem('keymaps', 'a table of keys, or false for none', given)
    return keymaps
  end
  for _, action in ipairs(sorted_keys(given)) do
    local key = given[action]
    if M.defaults.keymaps[action] == nil then
      local known = sorted_keys(M.defaults.keymaps)
      problems[#problems + 1] = ('keymaps.%s is unknown; there are %s'):format(
        tostring(action),
        table.concat(known, ', ')
      )
    elseif not is_key(key) then
      problems[#problems + 1] =
        problem('keymaps.' .. action, "a key such as '<Tab>', or false for none", key)
    else
      keymaps[action] = key
    end
  end
  return keymaps
end

---@return string
local function known_fields()
  local names = vim.tbl_keys(fields)
  names[#names + 1] = 'keymaps'
  table.sort(names)
  return table.concat(names, ', ')
end

--- The globs of both lists. Of those that match a file the last decides, so what is added comes
--- last. `!` in front of one allows, which is for `setup` only.
---@param base string[]
---@param added string[]
---@param problems string[]
---@return string[]
local function joined(base, added, problems)
  local forbidding = {} ---@type string[]
  for _, glob in ipairs(added) do
    if vim.startswith(glob, '!') then
      problems[#problems + 1] = ('disabled_files can only be allowed by setup: %s'):format(glob)
    else
      forbidding[#forbidding + 1] = glob
    end
  end
  local all = vim.tbl_filter(function(glob)
    return not vim.list_contains(forbidding, glob)
  end, base)
  return vim.list_extend(all, forbidding)
end

--- The configuration that `opts` makes of `base`, and a sentence for each wrong field, which keeps
--- its value from `base`. With a `base` files can only be added to those that are not read.
---@param opts any
---@param base? krait.Config the defaults if absent
---@return krait.Config config
---@return string[] problems
function M.merge(opts, base)
  local config = vim.deepcopy(base or M.defaults)
  if opts == nil then
    return config, {}
  end
  if type(opts) ~= 'table' then
    return config, { problem('setup', 'called with a table', opts) }
  end
  local problems = {} ---@type string[]
  for _, name in ipairs(sorted_keys(opts)) do
    local value = opts[name]
    local field = fields[name]
    if name == 'keymaps' then
      local keymaps = config.keymaps or vim.deepcopy(M.defaults.keymaps)
      config.keymaps = merge_keymaps(value, keymaps --[[@as krait.Keymaps]], problems)
    elseif not field then
      problems[#problems + 1] = ('%s is unknown; there are %s'):format(
        tostring(name),
        known_fields()
      )
    elseif not field.check(value) then
      problems[#problems + 1] = problem(name, field.expected, value)
    elseif base and only_by_setup[name] then
      problems[#problems + 1] = name .. ' can only be set by setup'
    elseif base and name == 'disabled_files' then
      config.disabled_files = joined(config.disabled_files, value, problems)
    else
      config[name] = vim.deepcopy(value)
    end
  end
  return config, problems
end

return M
