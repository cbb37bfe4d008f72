import Foundation

/// What libFuzzer feeds: the reader that FUZZ_TARGET names.
private let target: HostileInput = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = HostileInput(name: name) else {
        let names = HostileInput.all.map(\.name).joined(separator: " ")
        fatalError("FUZZ_TARGET=\(name): expected one of \(names)")
    }
    return target
}()

/// libFuzzer's entry point (`tools/fuzz.sh` builds a program of it).
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    do throws(Contradiction) {
        try target.feed(Array(UnsafeBufferPointer(start: start, count: size)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}
