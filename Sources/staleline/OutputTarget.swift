import Foundation
import Glibc
import Traces

/// Where a command writes a file.
///
/// A regular file gets its name only when it is whole: until then it has a name of its own beside it. What is no
/// regular file (a device, a pipe, `-`) is written directly, for replacing it would destroy it.
struct OutputTarget {
    /// Where to write.
    let path: String
    /// Where it ends up; nil: it is there already.
    private let final: String?

    /// Makes a target for a path as the user gave it.
    ///
    /// - Throws: ``BadInput`` if it is a folder.
    init(_ given: String) throws {
        guard given != "-" else {
            path = given
            final = nil
            return
        }
        // A link is followed: what it points to is meant.
        let resolved = URL(fileURLWithPath: given).resolvingSymlinksInPath().path
        var status = stat()
        if stat(resolved, &status) == 0 {
            let kind = status.st_mode & S_IFMT
            if kind == S_IFDIR { throw BadInput("\(given): is a folder, expected a file to write") }
            if kind != S_IFREG {
                path = resolved
                final = nil
                return
            }
        }
        path = "\(resolved).\(getpid()).partial"
        final = resolved
    }

    /// Gives the file its name.
    ///
    /// - Throws: ``BadInput`` if it cannot have it.
    func commit() throws {
        guard let final else { return }
        if rename(path, final) != 0 {
            throw BadInput("\(final): \(String(cString: strerror(errno)))")
        }
    }

    /// Takes away what was written in vain.
    func discard() {
        if final != nil { unlink(path) }
    }

    /// Writes a file.
    ///
    /// - Parameters:
    ///   - bytes: What it holds.
    ///   - given: Its path as the user gave it; `-`: standard output.
    /// - Throws: if it cannot be written; then nothing is left of it.
    static func write(_ bytes: [UInt8], to given: String) throws {
        let target = try OutputTarget(given)
        do {
            let sink = try ByteSink(path: target.path)
            try bytes.withUnsafeBytes { try sink.write($0) }
            try sink.finish()
            try target.commit()
        } catch {
            target.discard()
            throw error
        }
    }
}
