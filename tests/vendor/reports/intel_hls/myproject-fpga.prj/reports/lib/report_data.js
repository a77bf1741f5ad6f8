var loopsJSON={"columns":["", "Pipelined", "II"], "children":[]};
var areaJSON={"columns":["", "ALUTs", "FFs", "RAMs", "DSPs", "MLABs", "Details"], "type":"module", "total_percent":[0.8, 0.4, 0.4, 1.0, 0], "total":[2462, 7938, 77, 92, 80], "name":"System", "details":[{"type":"text", "text":"one" + " and the rest"}]};
var fileJSON=[{"path":"a.cpp", 'content':'not JSON'}];
