BEGIN TRANSACTION;
CREATE TABLE orderflow_effect_attempts (
	"key" TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	error TEXT NOT NULL, 
	final BOOLEAN NOT NULL
);
CREATE TABLE orderflow_inbox (
	number INTEGER NOT NULL, 
	reference TEXT NOT NULL, 
	message TEXT NOT NULL, 
	kept_at BIGINT NOT NULL, 
	observation TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (reference, message)
);
CREATE TABLE orderflow_journals (
	subject TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	cause TEXT NOT NULL, 
	entry TEXT NOT NULL, 
	PRIMARY KEY (subject, version)
);
INSERT INTO "orderflow_journals" VALUES('order:A-1',1,1767603600000000,'system','A-1/c1','{"subject":"order:A-1","version":1,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1/c1","events":[[1,1,{"channel":"online","currency":"GBP","customer":"ana","lifecycle":"draft","lines":[{"asks":[],"id":"1","not_before":null,"quantity":1,"ships":true,"sku":"MUG","stocked":true}],"phase":"draft","promised":null,"ship_complete":false,"terms":"invoice","total":0,"workflow":{"fingerprint":"3448e9dff080","name":"order","version":1}}],[2,1,{"dest":"placed","phase":"placed","reason":"","source":"draft","trigger":"place"}],[3,1,{"fo":"A-1-F1","location":"main","phase":"waiting","state":"scheduled","strategy":"in_house","supersedes":"","workflow":{"fingerprint":"d0d354e2b1e6","name":"in_house","version":1}}],[5,1,{"dest":["1","allocated","A-1-F1","",""],"quantity":1,"source":["1","open","","",""]}],[20,1,{"until":"2026-01-08T09:00:00Z"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-1',2,1767603600000000,'system','A-1:confirm:0','{"subject":"order:A-1","version":2,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1:confirm:0","events":[[2,1,{"dest":"confirmed","phase":"confirmed","reason":"","source":"placed","trigger":"confirm"}],[20,1,{"until":null}],[25,1,{}],[4,1,{"dest":"open","fo":"A-1-F1","phase":"ready","source":"scheduled","trigger":"release"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-1',3,1767603600000000,'system','A-1-F1:pick:0','{"subject":"order:A-1","version":3,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1-F1:pick:0","events":[[4,1,{"dest":"picking","fo":"A-1-F1","phase":"working","source":"open","trigger":"pick"}],[5,1,{"dest":["1","picked","A-1-F1","",""],"quantity":1,"source":["1","allocated","A-1-F1","",""]}],[4,1,{"dest":"packing","fo":"A-1-F1","phase":"working","source":"picking","trigger":"picked"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-1',4,1767603600000000,'system','A-1-F1:pack:1','{"subject":"order:A-1","version":4,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1-F1:pack:1","events":[[7,1,{"fo":"A-1-F1","parcel":"A-1-P1"}],[5,1,{"dest":["1","packed","A-1-F1","A-1-P1",""],"quantity":1,"source":["1","picked","A-1-F1","",""]}],[4,1,{"dest":"packed","fo":"A-1-F1","phase":"ready_to_leave","source":"packing","trigger":"packed"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('parcel:A-1-P1',1,1767603600000000,'system','A-1:4>0','{"subject":"parcel:A-1-P1","version":1,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1:4>0","events":[[50,1,{"contents":[{"fo":"A-1-F1","line":"1","order":"A-1","quantity":1}],"sealed":true,"strategy":"in_house"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('parcel:A-1-P1',2,1767603600000000,'system','A-1-P1:label:0','{"subject":"parcel:A-1-P1","version":2,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1-P1:label:0","events":[[51,1,{"carrier":"own-van","tracking_number":"OV841241830055"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-1',5,1767603600000000,'system','A-1-P1:2>A-1','{"subject":"order:A-1","version":5,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1-P1:2>A-1","events":[[8,1,{"carrier":"own-van","held_by":[],"lead":"A-1","parcel":"A-1-P1","parcel_version":2,"status":"labelled","tracking_number":"OV841241830055"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-1',6,1767603600000000,'system','A-1-P1:ship:0','{"subject":"order:A-1","version":6,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1-P1:ship:0","events":[[5,1,{"dest":["1","shipped","A-1-F1","A-1-P1",""],"quantity":1,"source":["1","packed","A-1-F1","A-1-P1",""]}],[4,1,{"dest":"fulfilled","fo":"A-1-F1","phase":"done","source":"packed","trigger":"shipped"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('parcel:A-1-P1',3,1767603600000000,'system','A-1:6>0','{"subject":"parcel:A-1-P1","version":3,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1:6>0","events":[[52,1,{}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-1',7,1767603600000000,'system','A-1-P1:3>A-1','{"subject":"order:A-1","version":7,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-1-P1:3>A-1","events":[[8,1,{"carrier":"own-van","held_by":[],"lead":"A-1","parcel":"A-1-P1","parcel_version":3,"status":"handed_over","tracking_number":"OV841241830055"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-2',1,1767603600000000,'system','A-2/c2','{"subject":"order:A-2","version":1,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2/c2","events":[[1,1,{"channel":"online","currency":"GBP","customer":"ana","lifecycle":"draft","lines":[{"asks":[],"id":"1","not_before":null,"quantity":2,"ships":true,"sku":"MUG","stocked":true}],"phase":"draft","promised":null,"ship_complete":false,"terms":"invoice","total":0,"workflow":{"fingerprint":"3448e9dff080","name":"order","version":1}}],[2,1,{"dest":"placed","phase":"placed","reason":"","source":"draft","trigger":"place"}],[3,1,{"fo":"A-2-F1","location":"main","phase":"waiting","state":"scheduled","strategy":"in_house","supersedes":"","workflow":{"fingerprint":"d0d354e2b1e6","name":"in_house","version":1}}],[5,1,{"dest":["1","allocated","A-2-F1","",""],"quantity":2,"source":["1","open","","",""]}],[20,1,{"until":"2026-01-08T09:00:00Z"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-2',2,1767603600000000,'system','A-2:confirm:0','{"subject":"order:A-2","version":2,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2:confirm:0","events":[[2,1,{"dest":"confirmed","phase":"confirmed","reason":"","source":"placed","trigger":"confirm"}],[20,1,{"until":null}],[25,1,{}],[4,1,{"dest":"open","fo":"A-2-F1","phase":"ready","source":"scheduled","trigger":"release"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-2',3,1767603600000000,'system','A-2-F1:pick:0','{"subject":"order:A-2","version":3,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2-F1:pick:0","events":[[4,1,{"dest":"picking","fo":"A-2-F1","phase":"working","source":"open","trigger":"pick"}],[5,1,{"dest":["1","picked","A-2-F1","",""],"quantity":2,"source":["1","allocated","A-2-F1","",""]}],[4,1,{"dest":"packing","fo":"A-2-F1","phase":"working","source":"picking","trigger":"picked"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-2',4,1767603600000000,'system','A-2-F1:pack:1','{"subject":"order:A-2","version":4,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2-F1:pack:1","events":[[7,1,{"fo":"A-2-F1","parcel":"A-2-P1"}],[5,1,{"dest":["1","packed","A-2-F1","A-2-P1",""],"quantity":2,"source":["1","picked","A-2-F1","",""]}],[4,1,{"dest":"packed","fo":"A-2-F1","phase":"ready_to_leave","source":"packing","trigger":"packed"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('parcel:A-2-P1',1,1767603600000000,'system','A-2:4>0','{"subject":"parcel:A-2-P1","version":1,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2:4>0","events":[[50,1,{"contents":[{"fo":"A-2-F1","line":"1","order":"A-2","quantity":2}],"sealed":true,"strategy":"in_house"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('parcel:A-2-P1',2,1767603600000000,'system','A-2-P1:label:0','{"subject":"parcel:A-2-P1","version":2,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2-P1:label:0","events":[[51,1,{"carrier":"own-van","tracking_number":"OV989415160006"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-2',5,1767603600000000,'system','A-2-P1:2>A-2','{"subject":"order:A-2","version":5,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2-P1:2>A-2","events":[[8,1,{"carrier":"own-van","held_by":[],"lead":"A-2","parcel":"A-2-P1","parcel_version":2,"status":"labelled","tracking_number":"OV989415160006"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-2',6,1767603600000000,'system','A-2-P1:ship:0','{"subject":"order:A-2","version":6,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2-P1:ship:0","events":[[5,1,{"dest":["1","shipped","A-2-F1","A-2-P1",""],"quantity":2,"source":["1","packed","A-2-F1","A-2-P1",""]}],[4,1,{"dest":"fulfilled","fo":"A-2-F1","phase":"done","source":"packed","trigger":"shipped"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('parcel:A-2-P1',3,1767603600000000,'system','A-2:6>0','{"subject":"parcel:A-2-P1","version":3,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2:6>0","events":[[52,1,{}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-2',7,1767603600000000,'system','A-2-P1:3>A-2','{"subject":"order:A-2","version":7,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-2-P1:3>A-2","events":[[8,1,{"carrier":"own-van","held_by":[],"lead":"A-2","parcel":"A-2-P1","parcel_version":3,"status":"handed_over","tracking_number":"OV989415160006"}]],"facts":{}}');
INSERT INTO "orderflow_journals" VALUES('order:A-3',1,1767603600000000,'system','A-3/c3','{"subject":"order:A-3","version":1,"at":"2026-01-05T09:00:00Z","actor":"system","cause":"A-3/c3","events":[[1,1,{"channel":"online","currency":"GBP","customer":"ana","lifecycle":"draft","lines":[{"asks":[],"id":"1","not_before":null,"quantity":3,"ships":true,"sku":"MUG","stocked":true}],"phase":"draft","promised":null,"ship_complete":false,"terms":"invoice","total":0,"workflow":{"fingerprint":"3448e9dff080","name":"order","version":1}}],[2,1,{"dest":"placed","phase":"placed","reason":"","source":"draft","trigger":"place"}],[5,1,{"dest":["1","backordered","","",""],"quantity":3,"source":["1","open","","",""]}],[20,1,{"until":"2026-01-08T09:00:00Z"}]],"facts":{}}');
CREATE TABLE orderflow_order_documents (
	id TEXT NOT NULL, 
	document TEXT NOT NULL, 
	personal TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "orderflow_order_documents" VALUES('A-1','{"number":"A-1","channel":"online","currency":"GBP","lines":[{"id":"1","sku":"MUG","quantity":1,"unit_price":"0","amount":0,"tax":0,"discount":0,"name":"","item":{"weight_g":null,"length_mm":null,"width_mm":null,"height_mm":null,"hs_code":null,"origin":null,"customs_value":null},"not_before":null,"parent_line":null,"ships":true,"stocked":true,"asks":[],"substitutes":[],"attributes":{}}],"charges":[],"promised":null,"delivery":"carrier","terms":"invoice","shipping":"partial","attributes":{}}','{"customer":{"id":"ana","name":"","email":"","phone":"","language":"en"},"ship_to":null,"pickup_at":null,"gift_message":"","notes":""}');
INSERT INTO "orderflow_order_documents" VALUES('A-2','{"number":"A-2","channel":"online","currency":"GBP","lines":[{"id":"1","sku":"MUG","quantity":2,"unit_price":"0","amount":0,"tax":0,"discount":0,"name":"","item":{"weight_g":null,"length_mm":null,"width_mm":null,"height_mm":null,"hs_code":null,"origin":null,"customs_value":null},"not_before":null,"parent_line":null,"ships":true,"stocked":true,"asks":[],"substitutes":[],"attributes":{}}],"charges":[],"promised":null,"delivery":"carrier","terms":"invoice","shipping":"partial","attributes":{}}','{"customer":{"id":"ana","name":"","email":"","phone":"","language":"en"},"ship_to":null,"pickup_at":null,"gift_message":"","notes":""}');
INSERT INTO "orderflow_order_documents" VALUES('A-3','{"number":"A-3","channel":"online","currency":"GBP","lines":[{"id":"1","sku":"MUG","quantity":3,"unit_price":"0","amount":0,"tax":0,"discount":0,"name":"","item":{"weight_g":null,"length_mm":null,"width_mm":null,"height_mm":null,"hs_code":null,"origin":null,"customs_value":null},"not_before":null,"parent_line":null,"ships":true,"stocked":true,"asks":[],"substitutes":[],"attributes":{}}],"charges":[],"promised":null,"delivery":"carrier","terms":"invoice","shipping":"partial","attributes":{}}','{"customer":{"id":"ana","name":"","email":"","phone":"","language":"en"},"ship_to":null,"pickup_at":null,"gift_message":"","notes":""}');
CREATE TABLE orderflow_order_states (
	id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	phase TEXT NOT NULL, 
	customer TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	placed_at BIGINT NOT NULL, 
	promised BIGINT, 
	state TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "orderflow_order_states" VALUES('A-1',7,'shipped','confirmed','ana','online',1767603600000000,NULL,'{"backordered_at":null,"cancellations":{},"channel":"online","currency":"GBP","customer":"ana","declined":{},"delivered_at":null,"done_timers":[],"fulfillment_orders":{"A-1-F1":{"costs":{},"id":"A-1-F1","invoiced":{},"invoices":[],"location":"main","notices":[],"phase":"done","promised":null,"reference":"","round":3,"since":"2026-01-05T09:00:00Z","state":"fulfilled","strategy":"in_house","supersedes":"","workflow":{"fingerprint":"d0d354e2b1e6","name":"in_house","version":1}}},"gave_up":[],"holds":{},"id":"A-1","ledger":[["1","shipped","A-1-F1","A-1-P1","",1]],"lifecycle":"confirmed","lines":{"1":{"asks":[],"not_before":null,"ordered":1,"ships":true,"sku":"MUG","stocked":true,"substitutes":""}},"parcels":{"A-1-P1":{"carrier":"own-van","fo":"A-1-F1","held_by":[],"id":"A-1-P1","lead":"A-1","since":"2026-01-05T09:00:00Z","status":"handed_over","tracking_number":"OV841241830055","version":3}},"payments":{"authorised":0,"captured":0,"charged_back":0,"references":[],"refunded":0,"total":0},"phase":"confirmed","placed_at":"2026-01-05T09:00:00Z","promised":null,"proposals":{},"put_aways":{},"reason":"","receipt_confirmed":false,"released":true,"reserved_until":null,"returns":{},"review":"due","ship_complete":false,"since":"2026-01-05T09:00:00Z","surplus":{},"taken":{},"tasks":{},"terms":"invoice","version":7,"workflow":{"fingerprint":"3448e9dff080","name":"order","version":1}}');
INSERT INTO "orderflow_order_states" VALUES('A-2',7,'shipped','confirmed','ana','online',1767603600000000,NULL,'{"backordered_at":null,"cancellations":{},"channel":"online","currency":"GBP","customer":"ana","declined":{},"delivered_at":null,"done_timers":[],"fulfillment_orders":{"A-2-F1":{"costs":{},"id":"A-2-F1","invoiced":{},"invoices":[],"location":"main","notices":[],"phase":"done","promised":null,"reference":"","round":3,"since":"2026-01-05T09:00:00Z","state":"fulfilled","strategy":"in_house","supersedes":"","workflow":{"fingerprint":"d0d354e2b1e6","name":"in_house","version":1}}},"gave_up":[],"holds":{},"id":"A-2","ledger":[["1","shipped","A-2-F1","A-2-P1","",2]],"lifecycle":"confirmed","lines":{"1":{"asks":[],"not_before":null,"ordered":2,"ships":true,"sku":"MUG","stocked":true,"substitutes":""}},"parcels":{"A-2-P1":{"carrier":"own-van","fo":"A-2-F1","held_by":[],"id":"A-2-P1","lead":"A-2","since":"2026-01-05T09:00:00Z","status":"handed_over","tracking_number":"OV989415160006","version":3}},"payments":{"authorised":0,"captured":0,"charged_back":0,"references":[],"refunded":0,"total":0},"phase":"confirmed","placed_at":"2026-01-05T09:00:00Z","promised":null,"proposals":{},"put_aways":{},"reason":"","receipt_confirmed":false,"released":true,"reserved_until":null,"returns":{},"review":"due","ship_complete":false,"since":"2026-01-05T09:00:00Z","surplus":{},"taken":{},"tasks":{},"terms":"invoice","version":7,"workflow":{"fingerprint":"3448e9dff080","name":"order","version":1}}');
INSERT INTO "orderflow_order_states" VALUES('A-3',1,'backordered','placed','ana','online',1767603600000000,NULL,'{"backordered_at":"2026-01-05T09:00:00Z","cancellations":{},"channel":"online","currency":"GBP","customer":"ana","declined":{},"delivered_at":null,"done_timers":[],"fulfillment_orders":{},"gave_up":[],"holds":{},"id":"A-3","ledger":[["1","backordered","","","",3]],"lifecycle":"placed","lines":{"1":{"asks":[],"not_before":null,"ordered":3,"ships":true,"sku":"MUG","stocked":true,"substitutes":""}},"parcels":{},"payments":{"authorised":0,"captured":0,"charged_back":0,"references":[],"refunded":0,"total":0},"phase":"placed","placed_at":"2026-01-05T09:00:00Z","promised":null,"proposals":{},"put_aways":{},"reason":"","receipt_confirmed":false,"released":false,"reserved_until":"2026-01-08T09:00:00Z","returns":{},"review":"due","ship_complete":false,"since":"2026-01-05T09:00:00Z","surplus":{},"taken":{},"tasks":{},"terms":"invoice","version":1,"workflow":{"fingerprint":"3448e9dff080","name":"order","version":1}}');
CREATE TABLE orderflow_outbox (
	number INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	data TEXT NOT NULL, 
	due BIGINT NOT NULL, 
	status TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	leased_until BIGINT, 
	token TEXT NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE ("key")
);
INSERT INTO "orderflow_outbox" VALUES(1,'A-1:reservation','timer',1,'reservation','order:A-1','A-1','{"party":"customer"}',1767862800000000,'withdrawn',0,NULL,'','');
INSERT INTO "orderflow_outbox" VALUES(2,'A-1:confirm:0','effect',2,'confirm','order:A-1','A-1','{}',1767603600000000,'done',1,1767603900000000,'l5d21083f7c74a219','');
INSERT INTO "orderflow_outbox" VALUES(3,'A-1-F1:pick:0','effect',2,'pick','order:A-1','A-1-F1','{}',1767603600000000,'done',1,1767603900000000,'l1d74ad4b5654ca40','');
INSERT INTO "orderflow_outbox" VALUES(4,'A-1-F1:pack:1','effect',2,'pack','order:A-1','A-1-F1','{}',1767603600000000,'done',1,1767603900000000,'l7b19f983fafcc518','');
INSERT INTO "orderflow_outbox" VALUES(5,'A-1:4>0','message',0,'OpenParcel','parcel:A-1-P1','parcel:A-1-P1','{"kind":"OpenParcel","body":{"contents":[{"fo":"A-1-F1","line":"1","order":"A-1","quantity":1}],"parcel":"A-1-P1","sealed":true,"strategy":"in_house"}}',1767603600000000,'done',1,1767603900000000,'la5461c6d84d1578c','');
INSERT INTO "orderflow_outbox" VALUES(6,'A-1-P1:label:0','effect',2,'label','parcel:A-1-P1','A-1-P1','{}',1767603600000000,'done',1,1767603900000000,'lfb92cff080357a9f','');
INSERT INTO "orderflow_outbox" VALUES(7,'A-1-P1:2>A-1','message',0,'ParcelChanged','order:A-1','order:A-1','{"kind":"ParcelChanged","body":{"carrier":"own-van","held_by":[],"lead":"A-1","parcel":"A-1-P1","status":"labelled","tracking_number":"OV841241830055","version":2}}',1767603600000000,'done',1,1767603900000000,'lbc387149f71c644e','');
INSERT INTO "orderflow_outbox" VALUES(8,'A-1-P1:ship:0','effect',2,'ship','order:A-1','A-1-P1','{}',1767603600000000,'done',1,1767603900000000,'l904e7b6747d02f28','');
INSERT INTO "orderflow_outbox" VALUES(9,'A-1:6>0','message',0,'HandOver','parcel:A-1-P1','parcel:A-1-P1','{"kind":"HandOver","body":{}}',1767603600000000,'done',1,1767603900000000,'lcb834fe38ff860a8','');
INSERT INTO "orderflow_outbox" VALUES(10,'A-1-P1:3>A-1','message',0,'ParcelChanged','order:A-1','order:A-1','{"kind":"ParcelChanged","body":{"carrier":"own-van","held_by":[],"lead":"A-1","parcel":"A-1-P1","status":"handed_over","tracking_number":"OV841241830055","version":3}}',1767603600000000,'done',1,1767603900000000,'l0666575ceb8b9c0e','');
INSERT INTO "orderflow_outbox" VALUES(11,'A-1-P1:tracking:0','timer',1,'tracking','parcel:A-1-P1','A-1-P1','{"party":"own-van"}',1768208400000000,'pending',0,NULL,'','');
INSERT INTO "orderflow_outbox" VALUES(12,'A-2:reservation','timer',1,'reservation','order:A-2','A-2','{"party":"customer"}',1767862800000000,'withdrawn',0,NULL,'','');
INSERT INTO "orderflow_outbox" VALUES(13,'A-2:confirm:0','effect',2,'confirm','order:A-2','A-2','{}',1767603600000000,'done',1,1767603900000000,'l577182a4daafece9','');
INSERT INTO "orderflow_outbox" VALUES(14,'A-2-F1:pick:0','effect',2,'pick','order:A-2','A-2-F1','{}',1767603600000000,'done',1,1767603900000000,'l315598c072cb2f99','');
INSERT INTO "orderflow_outbox" VALUES(15,'A-2-F1:pack:1','effect',2,'pack','order:A-2','A-2-F1','{}',1767603600000000,'done',1,1767603900000000,'lcd6f897f43514765','');
INSERT INTO "orderflow_outbox" VALUES(16,'A-2:4>0','message',0,'OpenParcel','parcel:A-2-P1','parcel:A-2-P1','{"kind":"OpenParcel","body":{"contents":[{"fo":"A-2-F1","line":"1","order":"A-2","quantity":2}],"parcel":"A-2-P1","sealed":true,"strategy":"in_house"}}',1767603600000000,'done',1,1767603900000000,'l79debaca1b0ce1ef','');
INSERT INTO "orderflow_outbox" VALUES(17,'A-2-P1:label:0','effect',2,'label','parcel:A-2-P1','A-2-P1','{}',1767603600000000,'done',1,1767603900000000,'l0dc87649c7a9f5c6','');
INSERT INTO "orderflow_outbox" VALUES(18,'A-2-P1:2>A-2','message',0,'ParcelChanged','order:A-2','order:A-2','{"kind":"ParcelChanged","body":{"carrier":"own-van","held_by":[],"lead":"A-2","parcel":"A-2-P1","status":"labelled","tracking_number":"OV989415160006","version":2}}',1767603600000000,'done',1,1767603900000000,'l72e6bf0da57581aa','');
INSERT INTO "orderflow_outbox" VALUES(19,'A-2-P1:ship:0','effect',2,'ship','order:A-2','A-2-P1','{}',1767603600000000,'done',1,1767603900000000,'l1432f95365fb13a6','');
INSERT INTO "orderflow_outbox" VALUES(20,'A-2:6>0','message',0,'HandOver','parcel:A-2-P1','parcel:A-2-P1','{"kind":"HandOver","body":{}}',1767603600000000,'done',1,1767603900000000,'l6113a4f7d6cfb18a','');
INSERT INTO "orderflow_outbox" VALUES(21,'A-2-P1:3>A-2','message',0,'ParcelChanged','order:A-2','order:A-2','{"kind":"ParcelChanged","body":{"carrier":"own-van","held_by":[],"lead":"A-2","parcel":"A-2-P1","status":"handed_over","tracking_number":"OV989415160006","version":3}}',1767603600000000,'done',1,1767603900000000,'lab1367ac6ec260a0','');
INSERT INTO "orderflow_outbox" VALUES(22,'A-2-P1:tracking:0','timer',1,'tracking','parcel:A-2-P1','A-2-P1','{"party":"own-van"}',1768208400000000,'pending',0,NULL,'','');
INSERT INTO "orderflow_outbox" VALUES(23,'A-3:reservation','timer',1,'reservation','order:A-3','A-3','{"party":"customer"}',1767862800000000,'pending',0,NULL,'','');
INSERT INTO "orderflow_outbox" VALUES(24,'A-3:backorder:0:20260105T090000.000000','timer',1,'backorder','order:A-3','A-3','{"party":"backorder"}',1768813200000000,'pending',0,NULL,'','');
INSERT INTO "orderflow_outbox" VALUES(25,'A-3:confirm:0','effect',2,'confirm','order:A-3','A-3','{}',1767603600000000,'pending',0,NULL,'','');
CREATE TABLE orderflow_parcels (
	id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	parcel TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "orderflow_parcels" VALUES('A-1-P1',3,'handed_over','{"carrier":"own-van","contents":[{"fo":"A-1-F1","line":"1","order":"A-1","quantity":1}],"gave_up":[],"generation":0,"handed_over":true,"held_by":[],"id":"A-1-P1","label_voided":false,"scans":[],"sealed":true,"silent":false,"since":"2026-01-05T09:00:00Z","status":"handed_over","strategy":"in_house","tracking_number":"OV841241830055","version":3,"voided":false}');
INSERT INTO "orderflow_parcels" VALUES('A-2-P1',3,'handed_over','{"carrier":"own-van","contents":[{"fo":"A-2-F1","line":"1","order":"A-2","quantity":2}],"gave_up":[],"generation":0,"handed_over":true,"held_by":[],"id":"A-2-P1","label_voided":false,"scans":[],"sealed":true,"silent":false,"since":"2026-01-05T09:00:00Z","status":"handed_over","strategy":"in_house","tracking_number":"OV989415160006","version":3,"voided":false}');
CREATE TABLE orderflow_receipts (
	scope TEXT NOT NULL, 
	id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY (scope, id)
)
 WITHOUT ROWID

;
INSERT INTO "orderflow_receipts" VALUES('channel:online','c1','6bb2989447dba47d2f628ea554c6bad9','order:A-1',1);
INSERT INTO "orderflow_receipts" VALUES('channel:online','c2','80055abc1c003855074fe935dd14961d','order:A-2',1);
INSERT INTO "orderflow_receipts" VALUES('channel:online','c3','e83c3929848a26cfbd47955ee7547afc','order:A-3',1);
INSERT INTO "orderflow_receipts" VALUES('stock:MUG@main','r','4c71293fb1f9195dd51890dd1b56eb69','stock:MUG@main',0);
CREATE TABLE orderflow_refs (
	reference TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	PRIMARY KEY (reference)
)
 WITHOUT ROWID

;
INSERT INTO "orderflow_refs" VALUES('order:A-1','order:A-1');
INSERT INTO "orderflow_refs" VALUES('order:A-2','order:A-2');
INSERT INTO "orderflow_refs" VALUES('order:A-3','order:A-3');
INSERT INTO "orderflow_refs" VALUES('tracking:OV841241830055','parcel:A-1-P1');
INSERT INTO "orderflow_refs" VALUES('tracking:OV989415160006','parcel:A-2-P1');
CREATE TABLE orderflow_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "orderflow_schema" VALUES(2);
CREATE TABLE orderflow_stock_expected (
	id TEXT NOT NULL, 
	sku TEXT NOT NULL, 
	location TEXT NOT NULL, 
	quantity BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE orderflow_stock_levels (
	sku TEXT NOT NULL, 
	location TEXT NOT NULL, 
	on_hand BIGINT NOT NULL, 
	reserved BIGINT NOT NULL, 
	safety BIGINT NOT NULL, 
	backordered BIGINT NOT NULL, 
	backorder_limit BIGINT, 
	reported_at BIGINT, 
	PRIMARY KEY (sku, location)
)
 WITHOUT ROWID

;
INSERT INTO "orderflow_stock_levels" VALUES('MUG','main',0,0,0,3,NULL,NULL);
CREATE TABLE orderflow_stock_movements (
	number INTEGER NOT NULL, 
	sku TEXT NOT NULL, 
	location TEXT NOT NULL, 
	quantity BIGINT NOT NULL, 
	cause TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "orderflow_stock_movements" VALUES(1,'MUG','main',3,'receipt','MUG@main/r',1767603600000000);
INSERT INTO "orderflow_stock_movements" VALUES(2,'MUG','main',-1,'shipment','A-1/1',1767603600000000);
INSERT INTO "orderflow_stock_movements" VALUES(3,'MUG','main',-2,'shipment','A-2/1',1767603600000000);
CREATE TABLE orderflow_stock_reservations (
	sku TEXT NOT NULL, 
	location TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	line TEXT NOT NULL, 
	quantity BIGINT NOT NULL, 
	PRIMARY KEY (sku, location, order_id, line)
)
 WITHOUT ROWID

;
CREATE TABLE orderflow_stock_waiting (
	sku TEXT NOT NULL, 
	location TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	line TEXT NOT NULL, 
	quantity BIGINT NOT NULL, 
	since BIGINT NOT NULL, 
	PRIMARY KEY (sku, location, order_id, line)
)
 WITHOUT ROWID

;
INSERT INTO "orderflow_stock_waiting" VALUES('MUG','main','A-3','1',3,1767603600000000);
CREATE TABLE orderflow_tasks (
	"key" TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	role TEXT NOT NULL, 
	name TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	instructions TEXT NOT NULL, 
	due BIGINT, 
	fields TEXT NOT NULL, 
	assignee TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
CREATE INDEX orderflow_order_states_customer ON orderflow_order_states (customer, id);
CREATE INDEX orderflow_order_states_status ON orderflow_order_states (status, id);
CREATE INDEX orderflow_order_states_phase ON orderflow_order_states (phase, id);
CREATE INDEX orderflow_stock_movements_key ON orderflow_stock_movements (sku, location, number);
CREATE INDEX orderflow_stock_reservations_order ON orderflow_stock_reservations (order_id);
CREATE INDEX orderflow_stock_expected_key ON orderflow_stock_expected (sku, location);
CREATE INDEX orderflow_outbox_open ON orderflow_outbox (priority, due, number) WHERE status = 'pending';
CREATE INDEX orderflow_outbox_owner ON orderflow_outbox (owner, "key") WHERE status = 'pending';
CREATE INDEX orderflow_outbox_leased ON orderflow_outbox (leased_until) WHERE status = 'pending' AND leased_until IS NOT NULL;
CREATE INDEX orderflow_effect_attempts_key ON orderflow_effect_attempts ("key");
CREATE INDEX orderflow_tasks_owner ON orderflow_tasks (owner, "key");
CREATE INDEX orderflow_tasks_assignee ON orderflow_tasks (assignee, "key");
CREATE INDEX orderflow_tasks_role ON orderflow_tasks (role, "key");
COMMIT;
