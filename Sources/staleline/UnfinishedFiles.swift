import Glibc

/// Files that are being written under another name than they will have, so that a signal can take them away.
///
/// A handler of signals may do little: it finds the paths as C has them, made before.
enum UnfinishedFiles {
    /// Where a path is kept until its file has its name.
    struct Slot {
        fileprivate let index: Int
    }

    /// How many files are written at a time: a capture has two, its trace and the plugin's.
    private static let count = 4
    private static let size = Int(PATH_MAX) + 1
    // Made once and never freed: a handler may look at any time.
    nonisolated(unsafe) private static let paths: UnsafeMutablePointer<CChar> = {
        let paths = UnsafeMutablePointer<CChar>.allocate(capacity: count * size)
        paths.initialize(repeating: 0, count: count * size)
        return paths
    }()

    /// Notes what is being written, until ``end(_:)``.
    ///
    /// From one thread at a time; at most four files, else the program ends.
    static func begin(_ path: String) -> Slot {
        let free = (0..<count).first { paths[$0 * size] == 0 }
        guard let free else { preconditionFailure("more than \(count) files are unfinished") }
        path.withCString { bytes in
            let length = strlen(bytes)
            // No file can have a longer path.
            guard length > 0, length < size else { return }
            // The first byte comes last: until it is there the slot is free.
            memcpy(paths + free * size + 1, bytes + 1, length)
            paths[free * size] = bytes[0]
        }
        return Slot(index: free)
    }

    /// Forgets what has its name now, or was taken away.
    static func end(_ slot: Slot) { paths[slot.index * size] = 0 }

    /// Takes away what is being written.
    ///
    /// May be called by a handler of signals.
    static func removeAll() {
        for index in 0..<count where paths[index * size] != 0 { unlink(paths + index * size) }
    }

    /// Lets signals that end the program take away what is not finished, and makes a file that may not grow an error.
    ///
    /// A signal that is ignored, as under `nohup`, stays so.
    static func watchSignals() {
        // Nothing is unfinished yet; a handler must not be the first to ask for the paths.
        paths[0] = 0
        EndingSignals.handle(Self.handler)
        signal(SIGXFSZ, SIG_IGN)
        // What started the program may have left them blocked in the thread that did, which is not meant.
        EndingSignals.unblock()
    }

    /// Takes away what is not finished, and ends the program as the signal would have.
    static let handler: @convention(c) (Int32) -> Void = { number in
        UnfinishedFiles.removeAll()
        signal(number, SIG_DFL)
        raise(number)
    }
}
