import Glibc
import Quantities

/// Where a writer's bytes go: a file, standard output, or memory.
///
/// Small writes are collected into large ones.
public final class ByteSink {
    /// The name of the file for errors.
    public let file: String

    private static let capacity = 1 << 16
    private let descriptor: Int32?
    private let isOwned: Bool
    /// Whether what is written is out of reach: no regular file that could be taken away.
    private let isDirect: Bool
    private let storage: OwnedBuffer<UInt8>
    private var count = 0
    private var collected: [UInt8] = []
    private var isOpen = true

    /// Creates a file, or empties it if it is there.
    ///
    /// - Parameter path: The file's path; `-` is standard output.
    /// - Throws: what the system says if the file cannot be written.
    public init(path: String) throws(TraceErrors) {
        file = path
        isOwned = path != "-"
        storage = OwnedBuffer(repeating: 0, count: Self.capacity)
        let opened = isOwned ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666) : 1
        let code = errno
        descriptor = opened
        var status = stat()
        isDirect = !isOwned || fstat(opened, &status) != 0 || status.st_mode & S_IFMT != S_IFREG
        guard opened >= 0 else {
            isOpen = false
            throw failure(code)
        }
    }

    /// Collects in memory.
    public init() {
        file = "memory"
        descriptor = nil
        isOwned = false
        isDirect = false
        storage = OwnedBuffer(repeating: 0, count: Self.capacity)
    }

    deinit { if isOwned, isOpen, let descriptor { close(descriptor) } }

    /// Whether a sink of this process has written to standard output, a pipe or a device.
    nonisolated(unsafe) public private(set) static var hasWrittenDirectly = false

    /// What was collected in memory, complete after ``finish()``; empty for a file.
    public var bytes: [UInt8] { collected }

    /// Writes bytes.
    public func write(_ bytes: some Collection<UInt8>) throws(TraceErrors) {
        for byte in bytes {
            if count == Self.capacity { try drain() }
            storage[count] = byte
            count += 1
        }
    }

    /// Writes what is still collected, and closes the file.
    ///
    /// - Throws: what the system says, a full disk for example. Without this call the last bytes are lost.
    public func finish() throws(TraceErrors) {
        guard isOpen else { return }
        try drain()
        isOpen = false
        // A network file system reports a full disk as late as here.
        if isOwned, let descriptor, close(descriptor) != 0 { throw failure(errno) }
    }

    /// Room for `size` bytes, written by `body`, which says how many it wrote.
    @inline(__always)
    func reserve(
        _ size: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int
    ) throws(TraceErrors) {
        if count + size > Self.capacity { try drain() }
        count += body(storage.base + count)
    }

    private func drain() throws(TraceErrors) {
        var written = 0
        if let descriptor {
            while written < count {
                let result = Glibc.write(descriptor, storage.base + written, count - written)
                if result < 0, errno == EINTR { continue }
                guard result >= 0 else { throw failure(errno) }
                written += result
                if isDirect, !Self.hasWrittenDirectly { Self.hasWrittenDirectly = true }
            }
        } else {
            collected.append(contentsOf: UnsafeBufferPointer(start: storage.base, count: count))
        }
        count = 0
    }

    private func failure(_ code: Int32) -> TraceErrors {
        let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return TraceErrors([
            TraceError(
                file: file, found: "no way to write it (\(reason))", expected: "a writable file")
        ])
    }
}
