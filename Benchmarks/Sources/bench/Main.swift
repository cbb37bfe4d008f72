import Foundation
import Machines
import MemoryModel
import Operations

@main
struct Main {
    static func option(_ name: String) -> String? {
        guard let place = CommandLine.arguments.firstIndex(of: name),
            place + 1 < CommandLine.arguments.count
        else { return nil }
        return CommandLine.arguments[place + 1]
    }

    static func main() throws {
        guard CommandLine.arguments.count > 2, let path = option("--machine") else {
            print(
                "usage: bench TRACE --machine FILE [--rounds N] [--only loop|plain|timing] "
                    + "[--min-plain R] [--min-timing R]")
            exit(2)
        }
        let trace = try LoadedTrace(path: CommandLine.arguments[1])
        let yaml = try String(contentsOfFile: path, encoding: .utf8)
        let level1 = CacheConfiguration(size: 32 << 10, ways: 4, lineSize: 32)
        let level2 = CacheConfiguration(size: 512 << 10, ways: 8, lineSize: 32)
        let bench = Bench(
            accesses: UnsafeBufferPointer(trace.accesses),
            plain: PlainConfiguration(level1Instruction: level1, level1Data: level1, level2: level2),
            machine: try MachineDescription.parse(yaml: yaml, file: path).configuration)
        switch option("--only") {
        case "loop": print(bench.runLoop())
        case "plain": print(try bench.runPlain())
        case "timing": print(try bench.runTiming())
        default:
            let ratios = try bench.compare(rounds: Int(option("--rounds") ?? "") ?? 9)
            let wanted = ["--min-plain", "--min-timing"].map { Double(option($0) ?? "") ?? 0 }
            if zip(ratios, wanted).contains(where: { $0 < $1 }) {
                print("below the thresholds \(wanted)")
                exit(1)
            }
        }
    }
}
