import Glibc
import Soak

/// What signals do to a soak: those that end the program let it finish what it has begun and say what was run; those
/// of a crash say which program it was.
enum SoakSignals {
    /// The signal that asked for an end; 0: none has.
    ///
    /// A handler may write nothing but such a number.
    nonisolated(unsafe) private static var asked: sig_atomic_t = 0
    /// Where a thread keeps the seed of its program.
    nonisolated(unsafe) private static var key = pthread_key_t()

    /// What the command that shows a crash again has behind the seed.
    nonisolated(unsafe) private static var option: StaticString = ""

    private static let ending = [SIGINT, SIGTERM, SIGHUP]
    private static let crashes = [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE]

    /// The signal that asked for an end; nil: none has.
    static var interruption: Int32? { asked == 0 ? nil : asked }

    /// Begins to watch.
    ///
    /// A signal that is ignored, as under `nohup`, stays so.
    ///
    /// - Parameter kind: The kind that was asked for; nil: none was.
    static func watch(_ kind: SoakKind?) {
        asked = 0
        option =
            switch kind {
            case .worlds: " --kind worlds"
            case .traces: " --kind traces"
            case .drivers: " --kind drivers"
            case nil: ""
            }
        pthread_key_create(&key, nil)
        for number in ending {
            var action = sigaction()
            sigaction(number, nil, &action)
            let isIgnored = unsafeBitCast(action.__sigaction_handler, to: Int.self) == 1
            guard !isIgnored else { continue }
            signal(number) { number in
                SoakSignals.asked = number
                // Who asks twice means now.
                signal(number, SIG_DFL)
            }
        }
        for number in crashes {
            signal(number) { number in
                SoakSignals.tellCrash()
                SoakSignals.end(number)
            }
        }
    }

    /// Notes the program that a thread begins.
    @Sendable static func note(_ seed: UInt64) {
        // One more, for nothing is nil.
        pthread_setspecific(key, UnsafeRawPointer(bitPattern: UInt(seed &+ 1)))
    }

    /// Ends the program as a signal would have.
    static func end(_ number: Int32) {
        signal(number, SIG_DFL)
        // Threads of a pool have it blocked.
        var only = sigset_t()
        sigemptyset(&only)
        sigaddset(&only, number)
        pthread_sigmask(SIG_UNBLOCK, &only, nil)
        raise(number)
    }

    /// Says which program it was; takes no memory.
    private static func tellCrash() {
        let value = UInt(bitPattern: pthread_getspecific(key))
        guard value != 0 else { return }
        write("staleline: this program ended the run: staleline soak --programs 1 --seed ")
        write(UInt64(value) &- 1)
        write(option)
        write("\n")
    }

    private static func write(_ text: StaticString) {
        _ = Glibc.write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }

    private static func write(_ number: UInt64) {
        var place: UInt64 = 1
        while number / place > 9 { place *= 10 }
        while place > 0 {
            var digit = UInt8(48 + number / place % 10)
            _ = Glibc.write(STDERR_FILENO, &digit, 1)
            place /= 10
        }
    }
}
