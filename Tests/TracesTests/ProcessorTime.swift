import Foundation
import Testing

/// Fails if `body` takes its thread longer than it may, in seconds of processor time.
///
/// The clock on the wall says how busy the machine is: tests run side by side, and wait for one another.
func expectProcessorTime(
    below seconds: Double, _ source: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) rethrows {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let before = now()
    try body()
    let spent = now() - before
    #expect(spent < seconds, "\(spent) s of processor time", sourceLocation: source)
}
