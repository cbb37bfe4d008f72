import Foundation
import Glibc

/// The user's editor.
enum Editor {
    /// Lets the user change a text.
    ///
    /// - Returns: what the file holds afterwards.
    /// - Throws: ``BadInput`` if there is no editor, or it says that it failed.
    static func edit(_ bytes: [UInt8]) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.path
        var name = Array("\(folder)/staleline-XXXXXX.slt".utf8CString)
        let file = mkstemps(&name, 4)
        guard file >= 0 else {
            throw BadInput("a file in \(folder): \(String(cString: strerror(errno)))")
        }
        close(file)
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let environment = ProcessInfo.processInfo.environment
        let editor = environment["VISUAL"] ?? environment["EDITOR"] ?? "vi"
        let status = try run(["/bin/sh", "-c", "\(editor) \"$1\"", "sh", path])
        guard status == 0 else {
            throw BadInput("\(editor): exit status \(status); EDITOR names the editor to use")
        }
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Runs a program in the terminal's foreground, as `system()` does: what the keys send is for it.
    private static func run(_ words: [String]) throws -> Int32 {
        let oldInterrupt = signal(SIGINT, SIG_IGN)
        let oldQuit = signal(SIGQUIT, SIG_IGN)
        defer {
            signal(SIGINT, oldInterrupt)
            signal(SIGQUIT, oldQuit)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var usual = sigset_t()
        sigemptyset(&usual)
        for number in [SIGINT, SIGQUIT, SIGTSTP, SIGWINCH] { sigaddset(&usual, number) }
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var child = pid_t()
        let error = posix_spawn(&child, words[0], nil, &attributes, pointers, environ)
        guard error == 0 else { throw BadInput("\(words[0]): \(String(cString: strerror(error)))") }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else {
                throw BadInput("\(words[0]): \(String(cString: strerror(errno)))")
            }
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}
