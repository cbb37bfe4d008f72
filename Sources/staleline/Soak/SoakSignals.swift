import Glibc
import Soak

/// What signals do to a soak: those that end the program let it finish what it has begun and say what was run; those
/// of a crash say which program it was.
enum SoakSignals {
    /// The signal that asked for an end; 0: none has.
    ///
    /// A handler may write nothing but such a number.
    nonisolated(unsafe) private static var asked: sig_atomic_t = 0
    /// Where a thread keeps where the seed of its program is.
    nonisolated(unsafe) private static var key = pthread_key_t()
    /// What the command that shows a crash again has behind the seed.
    nonisolated(unsafe) private static var option: StaticString = ""

    private static let crashes = [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE]

    /// The signal that asked for an end; nil: none has.
    static var interruption: Int32? { asked == 0 ? nil : asked }

    /// Begins to watch.
    ///
    /// A crash that leaves its thread no stack is not told.
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
        pthread_key_create(&key) { free($0) }
        EndingSignals.handle { number in
            // Who asks twice means now.
            if SoakSignals.asked != 0 { UnfinishedFiles.handler(number) }
            SoakSignals.asked = number
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
        if let place = pthread_getspecific(key) {
            place.storeBytes(of: seed, as: UInt64.self)
        } else if let place = malloc(MemoryLayout<UInt64>.size) {
            // Once for each thread, which frees it at its end.
            place.storeBytes(of: seed, as: UInt64.self)
            pthread_setspecific(key, place)
        }
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
        guard let place = pthread_getspecific(key) else { return }
        write("staleline: this program ended the run: staleline soak --programs 1 --seed ")
        write(place.load(as: UInt64.self))
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
