import Glibc

/// The signals that end a program from outside.
enum EndingSignals {
    private static let all = [SIGINT, SIGTERM, SIGHUP]

    /// Gives them a handler.
    ///
    /// One that is ignored, as under `nohup`, stays so.
    static func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
        for number in all where !isIgnored(number) { signal(number, handler) }
    }

    /// Lets them come to this thread, whatever the one that started the program had blocked.
    static func unblock() {
        var ending = sigset_t()
        sigemptyset(&ending)
        for number in all { sigaddset(&ending, number) }
        pthread_sigmask(SIG_UNBLOCK, &ending, nil)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        // Functions of C cannot be compared otherwise.
        return unsafeBitCast(action.__sigaction_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
