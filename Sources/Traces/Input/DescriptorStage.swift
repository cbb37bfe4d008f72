import Glibc

/// A file, a pipe or standard input, read with `read(2)`.
///
/// Not mapped into memory: the copy costs a tenth of the parsing, and a pipe reads the same way.
final class DescriptorStage: ByteStage {
    private let descriptor: Int32
    private let owned: Bool
    private let file: String

    /// Opens `path`, or takes standard input for `-`.
    init(path: String) throws(TraceErrors) {
        file = path
        owned = path != "-"
        descriptor = owned ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
        guard descriptor >= 0 else { throw Self.failure(file, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(file, errno) }
        // Opening a directory succeeds; only reading it fails. Say so before anything is read.
        guard status.st_mode & S_IFMT != S_IFDIR else { throw Self.failure(file, EISDIR) }
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { if owned, descriptor >= 0 { close(descriptor) } }

    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        while true {
            let count = Glibc.read(descriptor, target.baseAddress, target.count)
            if count >= 0 { return count }
            if errno != EINTR { throw Self.failure(file, errno) }
        }
    }

    private static func failure(_ file: String, _ code: Int32) -> TraceErrors {
        let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return TraceErrors([
            TraceError(
                file: file, found: "no way to read it (\(reason))", expected: "a readable file")
        ])
    }
}
