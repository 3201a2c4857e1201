// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// One room of the library: `Sources/Whisker<name>`.
func room(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
  .target(name: "Whisker\(name)", dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one room: `Tests/<name>Tests`.
func tests(_ name: String, uses dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["_TestSupport"], resources: resources,
    swiftSettings: settings)
}

let package = Package(
  name: "Whisker",
  products: [
    .library(name: "Whisker", targets: ["Whisker"]),
    .executable(name: "whisker", targets: ["WhiskerCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    // Without its trait for Foundation's types, which nothing here uses.
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    // C libraries, as Debian packages them (Scripts/setup installs them).
    .systemLibrary(name: "COneDNN"),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg"),
    .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4"),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebpdemux"),
    .systemLibrary(name: "CGIF"),
    .systemLibrary(name: "CAVIF"),
    .systemLibrary(name: "CHEIF", pkgConfig: "libheif"),
    .systemLibrary(name: "CExif", pkgConfig: "libexif"),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo"),
    .systemLibrary(name: "CLAPACK", pkgConfig: "lapack"),
    .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate"),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5-serial"),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CLinux"),

    // Hot loops that need instructions which Swift can't choose at run time.
    .target(name: "CKernels"),
    // libpng, whose errors jump over their callers, which Swift doesn't allow.
    .target(name: "CPNG", linkerSettings: [.linkedLibrary("png16")]),

    room(
      "System",
      uses: [
        "CLinux", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    room("Tensors", uses: ["WhiskerSystem"]),
    room("Graph", uses: ["WhiskerTensors", "WhiskerSystem"]),
    room("ReferenceEngine", uses: ["WhiskerGraph"]),
    room("OneDNNEngine", uses: ["WhiskerGraph", "COneDNN", "CKernels"]),
    room("Layers", uses: ["WhiskerGraph"]),
    room(
      "Images",
      uses: [
        "WhiskerTensors", "CTurboJPEG", "CPNG", "CTIFF", "CWebP", "CGIF", "CAVIF", "CHEIF", "CExif",
        "CDeflate",
        "CCairo",
      ]),
    room("Datasets", uses: ["WhiskerImages", "CLAPACK"]),
    room("Inspection", uses: ["WhiskerDatasets"]),
    room("Sketches", uses: ["WhiskerImages", "CCairo"]),
    room(
      "Formats",
      uses: [
        "WhiskerLayers", "CDeflate", "CHDF5", "CCrypto", "CLinux",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    room("Training", uses: ["WhiskerLayers", "WhiskerDatasets"]),
    room("Pretrained", uses: ["WhiskerTraining", "WhiskerFormats"]),
    room(
      "Runs", uses: ["WhiskerPretrained", "WhiskerInspection", .product(name: "Yams", package: "Yams")]),
    room("Reports", uses: ["WhiskerRuns"]),
    .target(
      name: "Whisker",
      dependencies: [
        "WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine", "WhiskerOneDNNEngine",
        "WhiskerLayers", "WhiskerImages", "WhiskerDatasets", "WhiskerInspection", "WhiskerSketches",
        "WhiskerFormats", "WhiskerTraining", "WhiskerPretrained", "WhiskerRuns", "WhiskerReports",
      ],
      resources: [.embedInCode("Recipes")], swiftSettings: settings),
    .executableTarget(
      name: "WhiskerCommand",
      dependencies: [
        "Whisker", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // What the documentation shows, so that it is compiled.
    .executableTarget(
      name: "ClassicCourse", dependencies: ["Whisker"], path: "Examples/ClassicCourse",
      swiftSettings: settings),

    // Sees what readers allocate.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .target(
      name: "_TestSupport",
      dependencies: [
        "WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine", "CAllocationCounter",
      ],
      path: "Tests/_TestSupport",
      swiftSettings: settings),
    tests(
      "Command",
      uses: [
        "WhiskerTensors", "WhiskerGraph", "WhiskerLayers", "WhiskerImages", "WhiskerDatasets",
        "WhiskerSketches", "WhiskerFormats", "WhiskerTraining", "WhiskerRuns",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    tests("Tensors", uses: ["WhiskerSystem", "WhiskerTensors"]),
    tests(
      "Datasets",
      uses: [
        "WhiskerSystem", "WhiskerTensors", "WhiskerImages", "WhiskerDatasets", "WhiskerInspection",
        "WhiskerSketches",
      ], resources: [.copy("Fixtures")]),
    tests("Graph", uses: ["WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine"]),
    tests(
      "ReferenceEngine", uses: ["WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine"]),
    tests(
      "OneDNNEngine",
      uses: [
        "Whisker", "WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine",
        "WhiskerOneDNNEngine", "WhiskerLayers", "WhiskerDatasets", "WhiskerTraining", "CKernels",
      ]),
    tests(
      "Layers",
      uses: [
        "WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine", "WhiskerLayers",
        "WhiskerDatasets", "WhiskerFormats", "WhiskerTraining", "WhiskerRuns",
      ]),
    tests(
      "Training",
      uses: [
        "WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine", "WhiskerOneDNNEngine",
        "WhiskerLayers", "WhiskerImages", "WhiskerDatasets", "WhiskerSketches", "WhiskerFormats",
        "WhiskerTraining", "WhiskerPretrained", "WhiskerRuns",
      ],
      resources: [.copy("Fixtures")]),
    tests(
      "Pretrained",
      uses: [
        "WhiskerSystem", "WhiskerTensors", "WhiskerReferenceEngine", "WhiskerOneDNNEngine", "WhiskerLayers",
        "WhiskerFormats", "WhiskerTraining", "WhiskerPretrained",
      ],
      resources: [.copy("Fixtures")]),
    tests(
      "Reports",
      uses: [
        "WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine", "WhiskerOneDNNEngine",
        "WhiskerLayers", "WhiskerImages", "WhiskerTraining", "WhiskerRuns", "WhiskerReports",
      ],
      resources: [.copy("Fixtures")]),
    tests(
      "Whisker",
      uses: [
        "Whisker", "WhiskerSystem", "WhiskerInspection", "WhiskerSketches", "WhiskerTraining", "WhiskerRuns",
      ]),
    tests(
      "Formats",
      uses: [
        "WhiskerSystem", "WhiskerTensors", "WhiskerGraph", "WhiskerReferenceEngine", "WhiskerLayers",
        "WhiskerFormats", "WhiskerTraining",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], resources: [.copy("Fixtures")]),
    tests(
      "Images", uses: ["WhiskerSystem", "WhiskerTensors", "WhiskerImages"], resources: [.copy("Fixtures")]),
  ],
  swiftLanguageModes: [.v6]
)
