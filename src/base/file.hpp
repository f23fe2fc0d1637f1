// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace voyager {

/// An owned file descriptor. All functions throw Error 9xxx naming the path on failure
/// (E9002 when the file system is full), and retry EINTR and short writes themselves.
class File {
 public:
  enum class Mode { read, append, create, read_write };

  File() = default;
  /// append creates the file when it is missing; create truncates it. New files get mode 0600.
  static File open(const std::filesystem::path& path, Mode mode);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  const std::filesystem::path& path() const { return path_; }

  void write(std::string_view bytes);
  void write_at(std::uint64_t offset, std::string_view bytes);
  /// Reads up to buffer.size() bytes at offset; fewer only at the end of the file.
  std::size_t read_at(std::uint64_t offset, std::span<char> buffer) const;
  std::uint64_t size() const;
  void truncate(std::uint64_t size);
  /// Durability: everything written before is on the device when it returns (fdatasync).
  void sync();
  void close();

 private:
  int fd_ = -1;
  std::filesystem::path path_;
};

/// Creates a directory and its parents with mode 0700; existing ones are left as they are.
void make_directory(const std::filesystem::path& path);
/// Makes a rename, create or unlink in this directory durable.
void sync_directory(const std::filesystem::path& directory);
/// Replaces a whole file so that a crash leaves the old bytes or the new ones:
/// temporary file, fsync, rename, fsync of the directory. Mode 0600.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);
/// The whole file as a string. Throws: E9001 when it can't be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace voyager
