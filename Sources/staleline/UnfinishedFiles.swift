import Glibc

/// Files that are being written under another name than they will have, so that a signal can take them away.
///
/// A handler of signals may do little: it finds the paths as C has them, made before.
enum UnfinishedFiles {
    // Two are enough: a capture has its trace and the plugin's.
    nonisolated(unsafe) private static var first: UnsafeMutablePointer<CChar>?
    nonisolated(unsafe) private static var second: UnsafeMutablePointer<CChar>?

    /// Notes what is being written.
    static func begin(_ path: String) {
        let copy = strdup(path)
        if first == nil { first = copy } else if second == nil { second = copy }
    }

    /// Forgets what has its name now, or was taken away.
    static func end() {
        first = nil
        second = nil
    }

    /// Takes away what is being written.
    ///
    /// May be called by a handler of signals.
    static func removeAll() {
        if let first { unlink(first) }
        if let second { unlink(second) }
    }

    /// Lets signals that end the program take away what is not finished, and makes a file that may not grow an error.
    ///
    /// A signal that is ignored, as under `nohup`, stays so.
    static func watchSignals() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            var action = sigaction()
            sigaction(number, nil, &action)
            let isIgnored = unsafeBitCast(action.__sigaction_handler, to: Int.self) == 1
            if !isIgnored { signal(number, Self.handler) }
        }
        signal(SIGXFSZ, SIG_IGN)
        // What started the program may have left them blocked in the thread that did, which is not meant.
        var ended = sigset_t()
        sigemptyset(&ended)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&ended, number) }
        pthread_sigmask(SIG_UNBLOCK, &ended, nil)
    }

    /// Takes away what is not finished, and ends the program as the signal would have.
    static let handler: @convention(c) (Int32) -> Void = { number in
        UnfinishedFiles.removeAll()
        signal(number, SIG_DFL)
        raise(number)
    }
}
