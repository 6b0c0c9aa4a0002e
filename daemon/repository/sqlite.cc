// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "base/file_descriptor.h"
#include "base/system_error.h"

namespace krait::repository {
namespace {

constexpr int kBusyMilliseconds = 10'000;

// What is in the file is not what it should be: it can be made anew.
bool IsOfTheFile(int code) {
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
         code == SQLITE_FORMAT || code == SQLITE_SCHEMA || code == SQLITE_ERROR;
}

base::Error ErrorOf(sqlite3* database, const std::string& name,
                    std::string_view what) {
  const int code = sqlite3_errcode(database) & 0xFF;
  return base::MakeError(
      IsOfTheFile(code) ? base::ErrorCode::kBadFile : base::ErrorCode::kIo,
      fmt::format("{}: {}{}", name, sqlite3_errmsg(database), what));
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3_stmt* statement) : statement_(statement) {}

Statement& Statement::Bind(int index, int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
  return *this;
}

Statement& Statement::Bind(int index, double value) {
  sqlite3_bind_double(statement_.get(), index, value);
  return *this;
}

Statement& Statement::Bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::BindBlob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(),
                      SQLITE_STATIC);
  return *this;
}

base::Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    sqlite3* const database = sqlite3_db_handle(statement_.get());
    const char* const file = sqlite3_db_filename(database, "main");
    base::Error error = ErrorOf(database, file == nullptr ? "" : file, "");
    Reset();
    return error;
  }
  Reset();
  return false;
}

base::Status Statement::Run() {
  const auto stepped = Step();
  if (!stepped) return stepped.error();
  if (*stepped) Reset();
  return {};
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
}

int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::Real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string_view Statement::Text(int column) const {
  const auto* const text = reinterpret_cast<const char*>(  // NOLINT: its bytes
      sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text,
          static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::Blob(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string_view()
                          : std::string_view(static_cast<const char*>(bytes),
                                             static_cast<size_t>(size));
}

void Database::Closer::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Database::Database(std::string name, sqlite3* database)
    : name_(std::move(name)), database_(database) {}

base::Result<Database> Database::OpenNamed(const std::string& file, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
  Database database(file, opened);
  if (code != SQLITE_OK) {
    if (opened == nullptr) {
      return base::MakeError(base::ErrorCode::kIo, file + ": out of memory");
    }
    return database.LastError("");
  }
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  return database;
}

base::Result<Database> Database::Open(const std::filesystem::path& file) {
  // What SQLite makes beside it gets the file's own mode.
  {
    const base::FileDescriptor made(
        open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!made) return base::SystemError(file, errno);
  }
  return OpenNamed(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX);
}

base::Error Database::LastError(std::string_view what) const {
  return ErrorOf(database_.get(), name_, what);
}

base::Status Database::Run(const std::string& statements) {
  if (sqlite3_exec(database_.get(), statements.c_str(), nullptr, nullptr,
                   nullptr) != SQLITE_OK) {
    return LastError("");
  }
  return {};
}

base::Result<Statement> Database::Prepare(std::string_view statement) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(
          database_.get(), statement.data(), static_cast<int>(statement.size()),
          SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) != SQLITE_OK) {
    return LastError("");
  }
  return Statement(prepared);
}

base::Result<int64_t> Database::Number(std::string_view statement) {
  auto prepared = Prepare(statement);
  if (!prepared) return prepared.error();
  const auto row = prepared->Step();
  if (!row) return row.error();
  if (!*row) {
    return base::MakeError(base::ErrorCode::kBadFile,
                           name_ + ": a row is missing");
  }
  return prepared->Integer(0);
}

int64_t Database::LastRowId() const {
  return sqlite3_last_insert_rowid(database_.get());
}

}  // namespace krait::repository
