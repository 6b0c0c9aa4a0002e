-- SPDX-License-Identifier: Apache-2.0
-- The language server of this Neovim: one process for all buffers and all projects. It is started
-- with the first buffer, and again when it dies, unless it dies again and again.

local compat = require('krait.compat')
local message = require('krait.message')
local settings = require('krait.settings')
local snooze = require('krait.snooze')
local unnamed = require('krait.unnamed')

local M = {}

local name = 'krait'
local most_crashes, crash_window_ms = 5, 180000

---@class krait.ServerHooks
---@field on_attach fun(client: vim.lsp.Client, buf: integer)
---@field on_ready fun() It can be told of documents.
---@field on_gone fun() The server is gone, and will not be back by itself.
---@field on_restart fun() It is to be started again for the buffers that need it.
---@field handlers table<string, lsp.Handler>
---@field language_id fun(buf: integer, filetype: string): string

---@type integer?
local client_id
--- The server's name and version, as it says (Neovim keeps them since 0.11).
---@type { name: string, version?: string }?
local info
---@type uv.uv_timer_t?
local restart_timer
---@type integer[]
local crashes = {}
local told_missing = false

--- The running client, initialized or not.
---@return vim.lsp.Client?
function M.client()
  local client = client_id and vim.lsp.get_client_by_id(client_id)
  return client and not compat.is_stopped(client) and client or nil
end

--- The client if it serves `buf`, or any buffer.
---@param buf? integer
---@return vim.lsp.Client?
function M.ready(buf)
  local client = M.client()
  if not client or not client.initialized then
    return nil
  end
  if buf and not vim.lsp.buf_is_attached(buf, client.id) and not unnamed.is_open(buf, client) then
    return nil
  end
  return client
end

--- Has the server forget `buf`.
---@param buf integer
function M.forget(buf)
  unnamed.close(buf)
  local client = M.client()
  if client and vim.lsp.buf_is_attached(buf, client.id) then
    vim.lsp.buf_detach_client(buf, client.id)
  end
end

--- The server's name and version, as it says.
---@return { name: string, version?: string }?
function M.info()
  return info
end

--- The restart that is due is not made.
function M.stop_timer()
  if restart_timer and not restart_timer:is_closing() then
    restart_timer:stop()
    restart_timer:close()
  end
  restart_timer = nil
end

--- The program's path; what is missing is said once.
---@param config krait.Config
---@return string?
function M.executable(config)
  local program = vim.fn.exepath(vim.fs.normalize(config.cmd[1]))
  return program ~= '' and program or nil
end

---@param config krait.Config
---@return string[]?
local function command(config)
  local program = M.executable(config)
  if program then
    told_missing = false
    local words = settings.command(config)
    -- The path, not the name: what is run does not depend on the current folder.
    words[1] = program
    return words
  end
  if not told_missing then
    told_missing = true
    message.error(
      ('%s was not found. Install krait (./dev install in its repository), put its folder on the '):format(
        config.cmd[1]
      )
        .. "PATH, or name it: require('krait').setup{ cmd = { '/path/to/krait', 'lsp' } }; "
        .. 'then :Krait restart'
    )
  end
  return nil
end

---@param hooks krait.ServerHooks
---@param code integer
---@param signal integer
local function on_crash(hooks, code, signal)
  local now = vim.uv.now()
  crashes[#crashes + 1] = now
  crashes = vim.tbl_filter(function(at)
    return now - at < crash_window_ms
  end, crashes)
  if #crashes >= most_crashes then
    crashes = {}
    hooks.on_gone()
    message.error(
      ('the server ended %d times in a row (exit status %d, signal %d). :checkhealth krait and '):format(
        most_crashes,
        code,
        signal
      ) .. ':Krait log may say why; :Krait restart starts it again'
    )
    return
  end
  M.stop_timer()
  restart_timer = vim.defer_fn(function()
    restart_timer = nil
    hooks.on_restart()
  end, 100 * 2 ^ #crashes)
end

---@param buf integer
---@param markers string[]
---@return string?
local function root_of(buf, markers)
  return #markers > 0 and vim.fs.root(buf, markers) or nil
end

--- One server serves several projects: it is told of each.
---@param client vim.lsp.Client
---@param root? string
local function add_folder(client, root)
  if not root then
    return
  end
  local uri = vim.uri_from_fname(root)
  client.workspace_folders = client.workspace_folders or {}
  for _, folder in ipairs(client.workspace_folders) do
    if folder.uri == uri then
      return
    end
  end
  local added = { uri = uri, name = root }
  table.insert(client.workspace_folders, added)
  local support = vim.tbl_get(client.server_capabilities or {}, 'workspace', 'workspaceFolders')
  if support and support.changeNotifications then
    local event = { added = { added }, removed = {} }
    compat.notify(client, 'workspace/didChangeWorkspaceFolders', { event = event })
  end
end

---@param config krait.Config
---@param hooks krait.ServerHooks
---@param words string[]
---@param root? string
---@return vim.lsp.ClientConfig
local function client_config(config, hooks, words, root)
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  -- Neovim 0.10 and 0.11 do not know it; this plugin does. It keeps krait out of completion menus.
  capabilities.textDocument.inlineCompletion = { dynamicRegistration = false }
  local values = settings.to_server(config, snooze.active())
  return {
    name = name,
    cmd = words,
    root_dir = root,
    capabilities = capabilities,
    settings = { krait = values },
    init_options = {
      editorInfo = { name = 'Neovim', version = tostring(vim.version()) },
      editorPluginInfo = { name = 'krait for Neovim', version = require('krait.version') },
      krait = values,
    },
    handlers = hooks.handlers,
    get_language_id = hooks.language_id,
    on_init = function(_, result)
      info = result.serverInfo
      vim.schedule(hooks.on_ready)
    end,
    on_attach = function(client, buf)
      add_folder(client, root_of(buf, config.root_markers))
      hooks.on_attach(client, buf)
    end,
    on_exit = function(code, signal, id)
      vim.schedule(function()
        -- Not the one that was stopped on purpose, nor any when Neovim ends.
        if id ~= client_id or vim.v.exiting ~= vim.NIL then
          return
        end
        client_id = nil
        -- One that ends well was asked to (`:lsp stop`, say); the next buffer starts it again.
        if code ~= 0 or signal ~= 0 then
          on_crash(hooks, code, signal)
        end
      end)
    end,
  }
end

---@param client vim.lsp.Client
---@param buf integer
---@param hooks krait.ServerHooks
local function attach(client, buf, hooks)
  if not unnamed.has_no_name(buf) then
    if not vim.lsp.buf_is_attached(buf, client.id) then
      vim.lsp.buf_attach_client(buf, client.id)
    end
  elseif client.initialized then
    -- Before that, `on_ready` will come.
    if unnamed.open(client, buf, hooks.language_id(buf, vim.bo[buf].filetype)) then
      hooks.on_attach(client, buf)
    end
  end
end

--- Has the server serve `buf`, and starts it if need be.
---@param buf integer
---@param config krait.Config
---@param hooks krait.ServerHooks
function M.serve(buf, config, hooks)
  -- While a restart is due, the buffers are served by it.
  if restart_timer then
    return
  end
  local client = M.client()
  if client then
    return attach(client, buf, hooks)
  end
  local words = command(config)
  if not words then
    return
  end
  local named = not unnamed.has_no_name(buf)
  local root = named and root_of(buf, config.root_markers) or nil
  client_id = compat.start(client_config(config, hooks, words, root), named and buf or nil)
end

--- Sends the settings that `config` makes of the server's.
---@param config krait.Config
function M.change_settings(config)
  local client = M.client()
  if not client then
    return
  end
  client.settings = { krait = settings.to_server(config, snooze.active()) }
  if client.initialized then
    compat.notify(client, 'workspace/didChangeConfiguration', { settings = client.settings })
  end
end

--- Ends the server; its buffers lose it.
function M.stop()
  M.stop_timer()
  crashes, told_missing = {}, false
  local client = M.client()
  client_id = nil
  if client then
    compat.stop(client)
  end
end

return M
