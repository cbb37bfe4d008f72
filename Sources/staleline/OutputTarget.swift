import ArgumentParser
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
    /// The permissions of the file that it replaces; nil: there is none.
    private let mode: mode_t?
    /// Where the path is noted while the file is unfinished.
    private let slot: UnfinishedFiles.Slot?

    /// Makes a target for a path as the user gave it.
    ///
    /// - Throws: ``BadInput`` if it is a folder, or a file that may not be written.
    init(_ given: String) throws {
        guard given != "-" else {
            (path, final, mode, slot) = (given, nil, nil, nil)
            return
        }
        guard !given.isEmpty else { throw BadInput("-o: found '', expected a file to write") }
        var status = stat()
        // /dev/stdout is a link to a pipe's number, at which no path leads to it.
        if stat(given, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
            (path, final, mode, slot) = (given, nil, nil, nil)
            return
        }
        // A link is followed: what it points to is meant.
        let resolved = try Self.followed(given)
        if stat(resolved, &status) == 0 {
            let kind = status.st_mode & S_IFMT
            if kind == S_IFDIR { throw BadInput("\(given): is a folder, expected a file to write") }
            // To replace a file only the folder's permissions matter to the system: its own should, too.
            if status.st_mode & 0o222 == 0 || access(resolved, W_OK) != 0 {
                throw BadInput("\(given): is write-protected, expected a file that may be replaced")
            }
            mode = status.st_mode & 0o7777
        } else {
            mode = nil
        }
        path = "\(resolved).\(getpid()).partial"
        final = resolved
        slot = UnfinishedFiles.begin(path)
    }

    /// Gives the file its name, once it is on the disk.
    ///
    /// - Throws: ``BadInput`` if it cannot have it.
    func commit() throws {
        guard let final else { return }
        if let mode { chmod(path, mode) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, fsync(descriptor) == 0, close(descriptor) == 0,
            rename(path, final) == 0
        else { throw Self.failure(final) }
        if let slot { UnfinishedFiles.end(slot) }
    }

    /// Takes away what was written in vain.
    func discard() {
        guard final != nil else { return }
        unlink(path)
        if let slot { UnfinishedFiles.end(slot) }
    }

    /// Takes away what was written in vain.
    ///
    /// - Returns: the error that was the reason, with the name that the file would have had.
    func discard(after error: any Error) -> any Error {
        discard()
        guard let final, let errors = error as? TraceErrors else { return error }
        return TraceErrors(
            errors.errors.map { error in
                var error = error
                if error.file == path { error.file = final }
                return error
            })
    }

    /// The place that a path's links lead to, whether something is there or not.
    private static func followed(_ given: String) throws -> String {
        var path = given
        // As many as Linux follows.
        for _ in 0...40 {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            guard readlink(path, &target, Int(PATH_MAX)) >= 0 else { return path }
            let next = String(
                decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
            path = next.hasPrefix("/") ? next : folder + next
        }
        errno = ELOOP
        throw failure(given)
    }

    private static func failure(_ path: String) -> BadInput {
        BadInput("\(path): \(String(cString: strerror(errno)))")
    }

    /// Refuses a file that is standard output where JSON goes there.
    static func refuse(_ output: String?, beside json: Bool) throws {
        guard output != "-" || !json else {
            throw ValidationError("-o - and --json both write to standard output; give one of them")
        }
    }

    /// Makes sure that a file can be written, before work is done for it.
    ///
    /// Leaves nothing behind, and a file that is there as it is.
    ///
    /// - Parameter given: Its path as the user gave it; `-`: standard output.
    /// - Throws: if it cannot be written.
    static func check(_ given: String) throws {
        let target = try OutputTarget(given)
        guard target.final != nil else {
            // What is no file is not opened: a pipe would wait for who reads it.
            guard given == "-" || access(given, W_OK) == 0 else { throw failure(given) }
            return
        }
        do { try ByteSink(path: target.path).finish() } catch {
            throw target.discard(after: error)
        }
        target.discard()
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
            throw target.discard(after: error)
        }
    }
}
